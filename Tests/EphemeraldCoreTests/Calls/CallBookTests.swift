import EphemeraldCore
import Sessions
import TestPolicy
import Testing

private let name = TestCalls.names[0]

@Suite struct `The book of calls` {
    @Test func `takes a slot in every dimension or in none`() {
        var book = CallBook()
        let maxima = CallMaxima(all: 3, caller: 2, client: 2, session: 2)
        func reserve(_ index: Int, _ plan: CallPlan) -> CallDimension? {
            book.reserve(TestCalls.names[index], plan, within: maxima)
        }
        #expect(reserve(0, TestCalls.plan()) == nil)
        #expect(reserve(1, TestCalls.plan(client: 2, session: "other")) == nil)
        #expect(reserve(2, TestCalls.plan(client: 3, session: "third")) == .caller)
        #expect(reserve(2, TestCalls.plan(caller: "bob")) == nil)
        #expect(reserve(3, TestCalls.plan(caller: "cid")) == .client)
        #expect(reserve(3, TestCalls.plan(caller: "cid", client: 4)) == .session)
        #expect(reserve(3, TestCalls.plan(caller: "cid", client: 4, session: "other")) == .all)
        #expect(book.full(for: TestCalls.plan(caller: nil, client: nil, session: "x"), within: maxima) == .all)
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima()) == nil)
        #expect(book.undo(TestCalls.names[0], isLost: true, now: 0) == Money(micros: 1_525_000))
        #expect(reserve(3, TestCalls.plan(caller: "cid", client: 4)) == nil)
    }

    @Test func `keeps the slot and the money of a lost creation of type live for 15 seconds`() {
        var book = CallBook()
        let plan = TestCalls.plan(.live)
        #expect(book.reserve(name, plan, within: CallMaxima()) == nil)
        #expect(book.undo(name, isLost: true, now: at(1_000)) == Money(micros: 1_525_000 - 12_500))
        #expect(book.undo(name, isLost: true, now: at(1_000)) == nil)
        #expect(book.nextDue == at(16_000))
        #expect(book.due(now: at(15_999)).isEmpty)
        #expect(book.full(for: plan, within: CallMaxima(all: 1)) == .all)
        #expect(book.due(now: at(16_000)).isEmpty)
        #expect(book.full(for: plan, within: CallMaxima(all: 1)) == nil)
        #expect(book.nextDue == nil)
    }

    @Test func `gives everything back at once when the upstream refused`() {
        var book = CallBook()
        for type in CallType.allCases {
            #expect(book.reserve(name, TestCalls.plan(type), within: CallMaxima(all: 1)) == nil)
            #expect(book.undo(name, isLost: false, now: 0) == Money(micros: 1_525_000))
        }
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == nil)
    }

    @Test func `ends a call whose lease is over`() {
        var book = CallBook()
        let record = book.opened(name, TestCalls.plan(), at: 500)
        #expect(record.upstreamID == "rtc_1" && record.key == KeyPrint(ofKey: "sk-1"))
        #expect(book.nextDue == at(60_500))
        #expect(book.reasons(at: 60_499) == [])
        #expect(book.reasons(at: 60_500) == [.lease])
        #expect(book.reasons(at: 90_000) == [])
    }

    @Test func `prolongs a call by a lease, and only for its caller`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(), at: 0)
        let renewed = book.renew(name, TestCalls.ann, now: at(59_999))
        #expect(renewed == .renewed(secondsLeft: 1_740, leaseSeconds: 60))
        #expect(book.renew(name, TestCalls.bob, now: at(59_999)) == .unknown)
        #expect(book.renew(TestCalls.names[1], TestCalls.ann, now: at(59_999)) == .unknown)
        // The entry of the first lease comes up in vain.
        #expect(book.nextDue == at(60_000))
        #expect(book.reasons(at: 119_998) == [])
        #expect(book.nextDue == at(119_999))
        #expect(book.reasons(at: 119_999) == [.lease])
    }

    @Test func `never prolongs a call beyond its deadline`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(maximumSeconds: 90), at: 0)
        #expect(book.renew(name, TestCalls.ann, now: at(50_000)) == .renewed(secondsLeft: 40, leaseSeconds: 60))
        #expect(book.renew(name, TestCalls.ann, now: at(89_001)) == .renewed(secondsLeft: 0, leaseSeconds: 60))
        #expect(book.reasons(at: 89_999) == [])
        #expect(book.reasons(at: 90_000) == [.deadline])
    }

    @Test func `lets a call without a lease last until its deadline`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(leaseSeconds: 0), at: 0)
        #expect(book.nextDue == at(1_800_000))
        #expect(book.renew(name, TestCalls.ann, now: at(1_000)) == .renewed(secondsLeft: 1_799, leaseSeconds: 0))
        #expect(book.reasons(at: 1_800_000) == [.deadline])
    }

    @Test func `ends a call once, for the first reason`() {
        var book = CallBook()
        let record = book.opened(name, TestCalls.plan(), at: 0)
        guard case .begun(let begun) = book.end(name, .client, now: at(1_000)) else {
            Issue.record("the call was open")
            return
        }
        #expect(begun === record)
        guard case .begunBefore = book.end(name, .byOperator, now: at(2_000)) else {
            Issue.record("the call was ending")
            return
        }
        #expect(book.renew(name, TestCalls.ann, now: at(2_000)) == .ended(.client))
        #expect(book.reasons(at: 120_000) == [])
        let settlement = book.over(name, now: at(42_000))
        #expect(settlement?.reason == .client)
        #expect(book.over(name, now: at(42_000)) == nil)
        guard case .begunBefore = book.end(name, .byOperator, now: at(50_000)) else {
            Issue.record("the call has ended")
            return
        }
        guard case .unknown = book.end(TestCalls.names[1], .client, now: at(50_000)) else {
            Issue.record("there is no such call")
            return
        }
    }

    @Test func `tries again after half a second, doubled to 30 seconds`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(), at: 0)
        _ = book.end(name, .client, now: 0)
        var now = 0
        var waits: [Int] = []
        for _ in 0..<9 {
            book.failed(name, now: at(now))
            // A second report of the same attempt changes nothing.
            book.failed(name, now: at(now + 1))
            let start = now
            while book.reasons(at: now) != [.client] { now += 500 }
            waits.append(now - start)
        }
        #expect(waits == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
        #expect(book.listing(now: at(now)).map(\.failures) == [9])
    }

    @Test(arguments: [(CallType.realtime, 3_660_000, 3_000_000), (.live, 7_260_000, 6_000_000)])
    func `gives up a minute after the upstream's own end`(type: CallType, end: Int, spent: Int64) throws {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(type), at: 0)
        _ = book.end(name, .byOperator, now: at(10))
        if type == .live { book.failed(name, now: at(end - 100)) }
        #expect(book.due(now: at(end - 1)).isEmpty)
        let due = book.due(now: at(end))
        guard case .settled(let settlement) = try #require(due.first) else {
            Issue.record("the call is over")
            return
        }
        #expect(!settlement.isConfirmed && settlement.reason == .byOperator)
        #expect(settlement.seconds == type.upstreamSeconds && settlement.secondsBy == .clock)
        #expect(settlement.spent == Money(micros: spent))
        #expect(settlement.givenBack == Money(micros: 1_525_000 - spent))
        #expect(book.over(name, now: at(end)) == nil)
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == nil)
    }

    @Test(
        arguments: [
            (CallType.realtime, nil, 41_001, 42, CallSettlement.Source.clock, 35_000),
            (.realtime, nil, 0, 0, .clock, 0),
            (.live, nil, 3_000, 3, .clock, 12_500),
            (.live, 42, 60_000, 42, .upstream, 35_000),
            (.live, 3, 60_000, 3, .upstream, 12_500),
            (.live, -1, 60_000, 0, .upstream, 12_500),
            (.live, .max, 60_000, 86_400, .upstream, 72_000_000),
        ] as [(CallType, Int?, Int, Int, CallSettlement.Source, Int64)])
    func `settles by the seconds`(
        type: CallType, reported: Int?, end: Int, seconds: Int, source: CallSettlement.Source, spent: Int64
    ) throws {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(type), at: 0)
        _ = book.end(name, .client, now: at(end))
        let over = book.over(name, reportedSeconds: reported, now: at(end))
        let settlement = try #require(over)
        #expect(settlement.isConfirmed)
        #expect(settlement.seconds == seconds && settlement.secondsBy == source)
        #expect(settlement.spent == Money(micros: spent))
        #expect(settlement.spent + settlement.givenBack == settlement.record.plan.reserved)
    }

    @Test func `settles a call without a price for nothing`() throws {
        var book = CallBook()
        var plan = TestCalls.plan()
        plan.price = nil
        plan.reserved = .zero
        _ = book.opened(name, plan, at: 0)
        _ = book.end(name, .client, now: at(0))
        let over = book.over(name, now: at(10_000))
        let settlement = try #require(over)
        #expect(settlement.spent == .zero && settlement.givenBack == .zero)
    }

    @Test func `keeps the slot of a short Live call for 15 seconds`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(.live), at: 0)
        _ = book.end(name, .client, now: at(1_000))
        #expect(book.over(name, now: at(2_000)) != nil)
        #expect(book.reasons(at: 14_999) == [])
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == .all)
        #expect(book.reasons(at: 15_000) == [])
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == nil)
        #expect(book.renew(name, TestCalls.ann, now: at(15_000)) == .ended(.client))
    }

    @Test func `remembers an ended call for ten minutes, for its caller`() {
        var book = CallBook()
        _ = book.opened(name, TestCalls.plan(), at: 0)
        _ = book.end(name, .client, now: at(1_000))
        #expect(book.over(name, now: at(2_000)) != nil)
        #expect(book.reasons(at: 601_999) == [])
        #expect(book.renew(name, TestCalls.ann, now: at(601_999)) == .ended(.client))
        #expect(book.renew(name, TestCalls.bob, now: at(601_999)) == .unknown)
        #expect(book.reasons(at: 602_000) == [])
        #expect(book.renew(name, TestCalls.ann, now: at(602_000)) == .unknown)
        #expect(book.nextDue == nil)
    }
}

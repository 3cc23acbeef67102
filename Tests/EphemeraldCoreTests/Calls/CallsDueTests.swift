import EphemeraldCore
import TestPolicy
import Testing

private let name = TestCalls.names[0]

@Suite struct `A call of an earlier process` {
    private func record(_ type: CallType = .realtime, age: Int, now: Int = 5_000) -> CallRecord {
        CallRecord(
            restoring: name, plan: TestCalls.plan(type), upstreamID: "rtc_1", upstreamHost: "api.openai.com",
            key: KeyPrint(ofKey: "sk-1"), age: age, now: at(now))
    }

    @Test func `gets a whole lease`() {
        var book = CallBook()
        book.restore(record(age: 1_000), now: at(5_000))
        #expect(book.nextDue == at(65_000))
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(caller: 1)) == .caller)
        #expect(book.renew(name, TestCalls.ann, now: at(6_000)) == .renewed(secondsLeft: 799, leaseSeconds: 60))
        #expect(book.listing(now: at(6_000)).map(\.secondsLeft) == [799])
    }

    @Test(arguments: [1_800, 2_500, 3_659])
    func `is ended at once when it is overdue`(age: Int) {
        var book = CallBook()
        book.restore(record(age: age), now: at(5_000))
        #expect(book.reasons(at: 5_000) == [.deadline])
    }

    @Test(arguments: [3_660, 100_000])
    func `is settled at once when the upstream must have ended it`(age: Int) throws {
        var book = CallBook()
        book.restore(record(age: age), now: at(5_000))
        let due = book.due(now: at(5_000))
        guard case .settled(let settlement) = try #require(due.first) else {
            Issue.record("the call is over")
            return
        }
        #expect(!settlement.isConfirmed && settlement.seconds == 3_600)
    }

    @Test func `lasts no longer than it may when the wall clock was set back`() {
        var book = CallBook()
        book.restore(record(age: -3_600), now: at(5_000))
        #expect(book.listing(now: at(5_000)).map(\.secondsLeft) == [1_800])
    }

    @Test func `is taken over once`() {
        var book = CallBook()
        book.restore(record(age: 10), now: at(5_000))
        book.restore(record(age: 1_790), now: at(5_000))
        #expect(book.listing(now: at(5_000)).map(\.secondsLeft) == [1_790])
        _ = book.end(name, .client, now: at(5_000))
        #expect(book.over(name, now: at(5_000))?.seconds == 10)
        book.restore(record(age: 10), now: at(5_000))
        #expect(book.listing(now: at(5_000)).isEmpty)
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == nil)
    }
}

@Suite struct `What is due` {
    @Test func `comes in the order of time`() {
        var book = CallBook()
        let order = [5, 1, 4, 0, 3, 2]
        for (index, start) in order.enumerated() {
            _ = book.opened(TestCalls.names[index], TestCalls.plan(), at: start * 1_000)
        }
        func names(_ due: [DueCall]) -> [CallName] {
            due.compactMap { if case .end(let record, _) = $0 { record.name } else { nil } }
        }
        let expected = (0..<6).compactMap { start in order.firstIndex(of: start).map { TestCalls.names[$0] } }
        #expect(names(book.due(now: at(63_500))) == Array(expected[..<4]))
        #expect(names(book.due(now: at(100_000))) == Array(expected[4...]))
        #expect(book.due(now: at(100_000)).isEmpty)
    }

    @Test func `comes up once however often a hang-up fails and is reported`() {
        var book = CallBook()
        for name in TestCalls.names { _ = book.opened(name, TestCalls.plan(), at: 0) }
        for name in TestCalls.names { _ = book.end(name, .exit, now: 0) }
        var now = 0
        for round in 0..<100 {
            for name in TestCalls.names { book.failed(name, now: at(now)) }
            now += 30_000
            #expect(book.reasons(at: now).count == TestCalls.names.count, "round \(round)")
        }
        for name in TestCalls.names { #expect(book.over(name, now: at(now)) != nil) }
        #expect(book.reasons(at: now + 10_000_000) == [])
        #expect(book.nextDue == nil)
    }
    @Test func `comes up again when another process says that it is not due`() {
        var book = CallBook()
        let name = TestCalls.names[0]
        _ = book.opened(name, TestCalls.plan(maximumSeconds: 90), at: 0)
        #expect(book.reasons(at: 60_000) == [.lease])
        #expect(book.postpone(name, by: .seconds(40), now: at(60_000)) == nil)
        #expect(book.renew(name, TestCalls.ann, now: at(60_000)) == .renewed(secondsLeft: 30, leaseSeconds: 60))
        #expect(book.reasons(at: 89_999) == [])
        #expect(book.reasons(at: 90_000) == [.deadline])
        // The clock of the other process is a little behind.
        #expect(book.postpone(name, by: .milliseconds(10), now: at(90_000)) == nil)
        #expect(book.reasons(at: 90_009) == [])
        #expect(book.reasons(at: 90_010) == [.deadline])
        book.failed(name, now: at(90_010))
        #expect(book.reasons(at: 90_510) == [.deadline])
        #expect(book.postpone(name, by: .seconds(30), now: at(90_510)) == nil)
        #expect(book.renew(name, TestCalls.ann, now: at(90_510)) == .ended(.deadline))
        #expect(book.listing(now: at(90_510)).map(\.failures) == [1])
        #expect(book.reasons(at: 120_510) == [.deadline])
        book.forget(name)
        #expect(book.full(for: TestCalls.plan(), within: CallMaxima(all: 1)) == nil)
        #expect(book.reasons(at: 9_000_000) == [] && book.nextDue == nil)
    }

    @Test func `is ended all the same when a client wanted that in the meantime`() {
        var book = CallBook()
        let name = TestCalls.names[0]
        _ = book.opened(name, TestCalls.plan(), at: 0)
        #expect(book.reasons(at: 60_000) == [.lease])
        _ = book.end(name, .client, now: at(60_000))
        #expect(book.postpone(name, by: .seconds(40), now: at(60_000)) == .client)
        #expect(book.over(name, now: at(60_001))?.reason == .client)
    }
}

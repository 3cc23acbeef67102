import EphemeraldCore
import Locking
import TestPolicy
import Testing

@Suite struct `The calls of all daemons` {
    private let names = TestCalls.names

    @Test func `are listed and ended together, and each alone while Redis is away`() async {
        let bench = SharingBench()
        for index in 0..<3 { await bench.open(index) }
        bench.keeper.end(names[2], .client)
        // The first has been renewed elsewhere, the second is forgotten, and two are another daemon's.
        let shared = [names[0], names[2], names[3], names[4]]
        let listed = SharingBench.listed([nil, .client, nil, .lease])
        // A scan may have a call twice.
        let scan = [SharingBench.named(shared[..<3], next: 7), SharingBench.named(shared[2...])]
        bench.state.withLock { $0.replies[.names] = scan + scan }
        bench.answer(.look, listed, listed)
        let (listing, gap) = await bench.keeper.listingEverywhere()
        #expect(gap == nil && listing.count == 5 && Set(listing.map(\.record.name)) == Set(names[..<5]))
        let open = listing.filter { $0.reason == nil }.map(\.record.name)
        #expect(Set(open) == [names[0], names[1], names[3]])
        #expect(listing.first { $0.record.name == names[0] }?.untilDue == .seconds(40))
        #expect(listing.first { $0.record.name == names[1] }?.untilDue == .seconds(60))
        bench.answer(.stop, SharingBench.stopped(1))
        #expect(await bench.keeper.endEverywhere(.byOperator) { $0.record.name != names[1] } == (2, nil))
        #expect(bench.keeper.listing().count { $0.reason == .byOperator } == 1)
        // Redis is away.
        let own = await bench.keeper.listingEverywhere()
        #expect(own.calls.count == 3 && own.gap == .away)
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (1, .away))
    }

    @Test func `are ended together in a few steps, however many calls they have`() async {
        let bench = SharingBench()
        let names = (0..<150).map { CallID(randomBits: UInt128($0)).name }
        bench.answer(.names, SharingBench.named(names))
        let pages = [64, 64, 22].map { SharingBench.listed(Array(repeating: nil, count: $0)) }
        bench.state.withLock { $0.replies[.look] = pages }
        bench.answer(.stop, SharingBench.stopped(64), SharingBench.stopped(64), SharingBench.stopped(22))
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (150, nil))
        #expect(bench.asked == [.names, .look, .stop, .look, .stop, .look, .stop])
        bench.state.withLock { $0.replies[.end] = Array(repeating: [.integer(1)], count: 150) }
        await bench.runTasks()
        #expect(bench.hungUp.count == 150 && Set(bench.hungUp) == Set(names))
        #expect(bench.reasons == Array(repeating: .byOperator, count: 150))
    }

    @Test func `are listed and ended without those that this daemon cannot read, which is said`() async {
        let bench = SharingBench()
        let rows = SharingBench.listed([nil, nil, nil]).enumerated().map { index, row -> RedisValue in
            guard index == 1, case .list(let values) = row else { return row }
            return .list(Array(values.dropLast()))
        }
        bench.answer(.names, SharingBench.named(names[..<3]), SharingBench.named(names[..<3]))
        bench.answer(.look, rows, rows)
        let (listing, gap) = await bench.keeper.listingEverywhere()
        #expect(Set(listing.map(\.record.name)) == [names[0], names[2]] && gap == .unreadable)
        bench.answer(.stop, SharingBench.stopped(2))
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (2, .unreadable))
        #expect(bench.unreadable == [names[1], names[1]])
    }

    @Test func `are ended by name without asking for all of them`() async {
        let bench = SharingBench()
        await bench.open(0)
        func end(_ name: CallName) async -> Int {
            await bench.keeper.endEverywhere(.byOperator, named: name) { $0.record.name == name }.count
        }
        #expect(await end(names[0]) == 1)
        #expect(bench.asked == [.open], "its own call")
        bench.answer(.look, SharingBench.looked(nil), [])
        bench.answer(.stop, SharingBench.stopped(1))
        #expect(await end(names[1]) == 1)
        #expect(await end(names[2]) == 0)
        #expect(bench.asked == [.open, .look, .stop, .look])
    }

    @Test func `say when Redis went away before all were ended`() async {
        let bench = SharingBench()
        let names = (0..<150).map { CallID(randomBits: UInt128($0)).name }
        bench.answer(.names, SharingBench.named(names))
        bench.answer(.look, SharingBench.listed(Array(repeating: nil, count: 64)))
        bench.answer(.stop, SharingBench.stopped(60))
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (60, .away))
    }

    @Test func `let go of calls that another of them has ended, and of no others`() async {
        let bench = SharingBench()
        for index in 0..<3 { await bench.open(index) }
        bench.answer(.ended, [.integer(1)], nil, [])
        // Then Redis is away, and after that it has forgotten the others.
        for _ in 0..<3 {
            await bench.keeper.review()
            #expect(bench.keeper.listing().map(\.reason) == [nil, nil])
        }
        await bench.runTasks()
        #expect(bench.asked.suffix(4) == [.open, .ended, .ended, .ended])
        #expect(bench.hungUp.isEmpty && bench.reasons.isEmpty)
    }

    @Test func `look at all of their calls in turn`() async {
        let bench = SharingBench()
        let plan = TestCalls.plan()
        for number in 0..<100 {
            bench.answer(.open, [.integer(1)])
            _ = await bench.store.open(
                CallID(randomBits: UInt128(number)).name, plan, .nothing, upstreamID: "rtc_1",
                upstreamHost: "api.openai.com", key: KeyPrint(ofKey: "sk-1"))
        }
        bench.answer(.ended, (0..<64).map { .integer($0) }, (0..<36).map { .integer($0) })
        await bench.keeper.review()
        await bench.keeper.review()
        #expect(bench.keeper.listing().isEmpty && bench.hungUp.isEmpty)
        await bench.keeper.review()
        #expect(bench.asked.suffix(3) == [.open, .ended, .ended], "there is nothing left to ask for")
    }
}

import EphemeraldCore
import Locking
import TestPolicy
import Testing

@Suite struct `Daemons that share their calls` {
    private let names = TestCalls.names

    @Test func `leave a call alone whose lease another of them has renewed`() async {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, [.integer(1), .integer(20_000)], SharingBench.claimed(.lease))
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [] && bench.keeper.listing().map(\.reason) == [nil])
        await bench.act(at: 79_999)
        #expect(bench.asked == [.open, .claim])
        bench.answer(.end, [.integer(1)])
        await bench.act(at: 80_000)
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.lease])
        #expect(bench.keeper.listing().isEmpty)
    }

    @Test func `name the first reason that any of them had`() async {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, SharingBench.claimed(.client))
        bench.answer(.end, [.integer(1)])
        await bench.act(at: 60_000)
        #expect(bench.reasons == [.client])
    }

    @Test func `do not end a call again that another of them has ended`() async {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, [.integer(3)])
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [] && bench.reasons == [] && bench.keeper.listing().isEmpty)
        // Nothing of it is left that would come up.
        await bench.act(at: 4_000_000)
        #expect(bench.asked == [.open, .claim])
    }

    @Test func `write one account when both have hung up`() async {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, SharingBench.claimed(.lease))
        bench.answer(.end, [.integer(0)])
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [names[0]] && bench.reasons == [])
    }

    @Test func `spare leases while Redis is away and 30 seconds longer, and no deadline`() async {
        let bench = SharingBench()
        await bench.open(0)
        bench.peers.redisIs(away: true)
        for second in stride(from: 60, through: 300, by: 5) { await bench.act(at: second * 1_000) }
        bench.peers.redisIs(away: false)
        await bench.peers.sweep()
        await bench.act(at: 329_999)
        #expect(bench.asked == [.open])
        bench.answer(.claim, [.integer(1), .integer(3_000_000)])
        await bench.act(at: 330_000)
        #expect(bench.asked == [.open, .claim] && bench.hungUp == [])
        bench.peers.redisIs(away: true)
        // Redis does not answer the claim, nor the first time that the end is reported.
        bench.answer(.end, nil, nil, [.integer(1)])
        await bench.act(at: 1_800_000)
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.deadline])
        #expect(bench.asked == [.open, .claim, .claim, .end, .end, .end])
    }

    @Test func `wait a second when Redis does not answer about a lease`() async {
        let bench = SharingBench()
        await bench.open(0)
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [] && bench.state.withLock(\.wakeUps).last == at(61_000))
        bench.answer(.claim, SharingBench.claimed(.lease))
        bench.answer(.end, [.integer(1)])
        await bench.act(at: 61_000)
        #expect(bench.reasons == [.lease])
    }

    @Test func `leave to its maker what Redis has forgotten`() async throws {
        let bench = SharingBench()
        await bench.open(0)
        let (own, another) = (names[0], names[1])
        bench.answer(.renew, [.integer(0)], [.integer(0)])
        let expected = CallRenewal.renewed(secondsLeft: 1_800, leaseSeconds: 60)
        #expect(try await bench.store.renew(own, TestCalls.ann).value == expected)
        #expect(try await bench.store.renew(another, TestCalls.ann).value == .unknown)
        bench.answer(.claim, [.integer(0)])
        #expect(try await !bench.store.end(another).value)
        // Another daemon's call, forgotten between its claim and its end.
        bench.answer(.overdue, [.text("\(names[2])")])
        bench.answer(.claim, SharingBench.claimed(.lease))
        bench.answer(.end, [.integer(2)])
        await bench.peers.sweep()
        await bench.runTasks()
        #expect(bench.hungUp == [names[2]] && bench.reasons == [])
        bench.answer(.claim, [.integer(0)])
        bench.answer(.end, [.integer(2)])
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [names[2], names[0]] && bench.reasons == [.lease])
    }

    @Test func `end what another has left, once at a time`() async throws {
        let bench = SharingBench()
        let name = names[1]
        bench.state.withLock { $0.verdict = .unsure("no answer") }
        bench.answer(.claim, SharingBench.claimed(.client))
        for _ in 0..<3 { #expect(try await bench.store.end(name).value) }
        await bench.runTasks()
        #expect(bench.hungUp == [names[1]] && bench.asked == [.claim, .failed])
        bench.state.withLock { $0.verdict = .over(reportedSeconds: 7) }
        bench.answer(.overdue, [.text("\(names[1])")])
        bench.answer(.claim, SharingBench.claimed(.client))
        bench.answer(.end, [.integer(1)])
        await bench.peers.sweep()
        await bench.runTasks()
        #expect(bench.reasons == [.client] && bench.state.withLock(\.settled).map(\.seconds) == [7])
        bench.answer(.claim, [.integer(3)], [.integer(1), .integer(30_000)])
        for _ in 0..<2 { #expect(try await bench.store.end(name).value) }
        await bench.runTasks()
        #expect(bench.hungUp.count == 2)
    }

    @Test func `end a call that Redis has not recorded`() async {
        let bench = SharingBench()
        #expect(await bench.open(0, isRecorded: false) == nil)
        bench.answer(.end, nil, [.integer(2)])
        await bench.runTasks()
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.unrecorded])
    }

    @Test func `lose no end that is wanted while a lease is looked at`() async throws {
        let bench = SharingBench()
        await bench.open(0)
        let keeper = bench.keeper
        bench.state.withLock { $0.whileClaiming = { keeper.end(TestCalls.names[0], .client) } }
        bench.answer(.claim, [.integer(1), .integer(20_000)], SharingBench.claimed(.client))
        bench.answer(.end, [.integer(1)])
        await bench.act(at: 60_000)
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.client])
    }

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
        let (listing, isComplete) = await bench.keeper.listingEverywhere()
        #expect(isComplete && listing.count == 5 && Set(listing.map(\.record.name)) == Set(names[..<5]))
        let open = listing.filter { $0.reason == nil }.map(\.record.name)
        #expect(Set(open) == [names[0], names[1], names[3]])
        #expect(listing.first { $0.record.name == names[0] }?.untilDue == .seconds(40))
        #expect(listing.first { $0.record.name == names[1] }?.untilDue == .seconds(60))
        bench.answer(.stop, SharingBench.stopped(1))
        #expect(await bench.keeper.endEverywhere(.byOperator) { $0.record.name != names[1] } == (2, true))
        #expect(bench.keeper.listing().count { $0.reason == .byOperator } == 1)
        // Redis is away.
        let own = await bench.keeper.listingEverywhere()
        #expect(own.calls.count == 3 && !own.isComplete)
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (1, false))
    }

    @Test func `are ended together in a few steps, however many calls they have`() async {
        let bench = SharingBench()
        let names = (0..<150).map { CallID(randomBits: UInt128($0)).name }
        bench.answer(.names, SharingBench.named(names))
        let pages = [64, 64, 22].map { SharingBench.listed(Array(repeating: nil, count: $0)) }
        bench.state.withLock { $0.replies[.look] = pages }
        bench.answer(.stop, SharingBench.stopped(64), SharingBench.stopped(64), SharingBench.stopped(22))
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (150, true))
        #expect(bench.asked == [.names, .look, .stop, .look, .stop, .look, .stop])
        bench.state.withLock { $0.replies[.end] = Array(repeating: [.integer(1)], count: 150) }
        await bench.runTasks()
        #expect(bench.hungUp.count == 150 && Set(bench.hungUp) == Set(names))
        #expect(bench.reasons == Array(repeating: .byOperator, count: 150))
    }

    @Test func `say when Redis went away before all were ended`() async {
        let bench = SharingBench()
        let names = (0..<150).map { CallID(randomBits: UInt128($0)).name }
        bench.answer(.names, SharingBench.named(names))
        bench.answer(.look, SharingBench.listed(Array(repeating: nil, count: 64)))
        bench.answer(.stop, SharingBench.stopped(60))
        #expect(await bench.keeper.endEverywhere(.byOperator) { _ in true } == (60, false))
    }

    @Test func `let go of calls that another of them has ended, and of no others`() async {
        let bench = SharingBench()
        for index in 0..<3 { await bench.open(index) }
        bench.answer(.ended, [.integer(1)], nil, [])
        bench.answer(.claim, [.integer(3)])
        await bench.keeper.review()
        await bench.runTasks()
        // Redis is away, and then has forgotten the others.
        for _ in 0..<2 { await bench.keeper.review() }
        await bench.runTasks()
        #expect(bench.keeper.listing().count { $0.reason == nil } == 2)
        #expect(bench.asked.suffix(4) == [.ended, .claim, .ended, .ended])
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
        bench.state.withLock { $0.replies[.claim] = Array(repeating: [.integer(3)], count: 100) }
        await bench.keeper.review()
        await bench.keeper.review()
        await bench.runTasks()
        #expect(bench.keeper.listing().isEmpty && bench.hungUp.isEmpty)
        await bench.keeper.review()
        #expect(bench.asked.suffix(1) == [.claim], "there is nothing left to ask for")
    }

    @Test func `report an end again whose reply was lost`() async throws {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, SharingBench.claimed(.lease))
        bench.answer(.end, nil, nil, [.integer(1)])
        await bench.act(at: 60_000)
        #expect(bench.reasons == [.lease] && bench.asked == [.open, .claim, .end, .end, .end])
        // The same for a call of another daemon.
        bench.answer(.claim, SharingBench.claimed(.client))
        bench.answer(.end, nil, [.integer(1)])
        #expect(try await bench.store.end(names[1]).value)
        await bench.runTasks()
        #expect(bench.reasons == [.lease, .client] && bench.hungUp == [names[0], names[1]])
    }
}

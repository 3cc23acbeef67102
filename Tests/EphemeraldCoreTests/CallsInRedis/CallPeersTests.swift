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
        #expect(bench.asked == [.open, .look, .claim])
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
        #expect(bench.asked == [.open, .look, .claim])
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
        // The connections of two loops are lost, and come back one after the other.
        bench.redisIs(away: true, loop: 0)
        bench.redisIs(away: true, loop: 1)
        for second in stride(from: 60, through: 270, by: 5) { await bench.act(at: second * 1_000) }
        bench.redisIs(away: false, loop: 0)
        for second in stride(from: 275, through: 300, by: 5) { await bench.act(at: second * 1_000) }
        bench.redisIs(away: false, loop: 1)
        bench.redisIs(away: false, loop: 2)
        await bench.peers.sweep()
        await bench.act(at: 329_999)
        #expect(bench.asked == [.open, .overdue])
        bench.answer(.claim, [.integer(1), .integer(3_000_000)])
        await bench.act(at: 330_000)
        #expect(bench.asked == [.open, .overdue, .look, .claim] && bench.hungUp == [])
        bench.redisIs(away: true, loop: 1)
        // Redis does not answer the claim, nor the first time that the end is reported.
        bench.answer(.end, nil, nil, [.integer(1)])
        await bench.act(at: 1_800_000)
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.deadline])
        #expect(bench.asked == [.open, .overdue, .look, .claim, .claim, .end, .end, .end])
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
        bench.state.withLock { $0.milliseconds = 30_000 }
        bench.answer(.overdue, [.text("\(names[2])")])
        bench.answer(.look, SharingBench.looked(.lease))
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
        bench.state.withLock { ($0.verdict, $0.milliseconds) = (.over(reportedSeconds: 7), 30_000) }
        bench.answer(.overdue, [.text("\(names[1])")])
        bench.answer(.look, SharingBench.looked(.client))
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

    @Test func `see that a lease was renewed elsewhere while all places are taken`() async {
        let bench = SharingBench(places: 1)
        await bench.open(0)
        await bench.places.enter(.realtime)
        bench.answer(.look, SharingBench.looked(nil, due: 20_000))
        await bench.act(at: 60_000)
        #expect(bench.asked == [.open, .look] && bench.keeper.listing().map(\.reason) == [nil])
        #expect(bench.state.withLock(\.wakeUps).last == at(80_000))
    }

    @Test func `take over from the usage log what Redis does not have, once it answers`() async throws {
        let bench = SharingBench()
        var history = CallHistory()
        for index in 0..<3 { _ = history.read(Array(SharingBench.line(index).utf8)[...]) }
        let known: [RedisValue] = [.integer(2), .integer(1_700_000), .integer(60_000)]
        bench.answer(.renew, nil, known, [.integer(1), .text("client")], [.integer(0)])
        let open = history.open(atUnixSeconds: 100).sorted { $0.upstreamID < $1.upstreamID }
        let unknown = await bench.peers.unknown(of: open)
        #expect(unknown.map(\.name) == [names[2]] && bench.asked == [.renew, .renew, .renew, .renew])
        for call in unknown { bench.keeper.restore(call, atUnixSeconds: 100) }
        bench.answer(.renew, [.integer(0)])
        #expect(
            try await bench.store.renew(names[2], TestCalls.ann).value
                == .renewed(secondsLeft: 1_700, leaseSeconds: 60))
        bench.answer(.claim, [.integer(0)])
        #expect(try await bench.store.end(names[2]).value)
        await bench.runTasks()
        // Nobody else can write its account.
        #expect(bench.hungUp == [names[2]] && bench.reasons == [.client])
    }

    @Test func `report an end again whose reply was lost`() async throws {
        let bench = SharingBench()
        await bench.open(0)
        bench.answer(.claim, SharingBench.claimed(.lease))
        bench.answer(.end, nil, nil, [.integer(1)])
        await bench.act(at: 60_000)
        #expect(bench.reasons == [.lease] && bench.asked == [.open, .look, .claim, .end, .end, .end])
        // The same for a call of another daemon.
        bench.answer(.claim, SharingBench.claimed(.client))
        bench.answer(.end, nil, [.integer(1)])
        #expect(try await bench.store.end(names[1]).value)
        await bench.runTasks()
        #expect(bench.reasons == [.lease, .client] && bench.hungUp == [names[0], names[1]])
    }
}

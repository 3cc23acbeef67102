import EphemeraldCore
import Locking
import TestPolicy
import Testing

@Suite struct `Daemons that look for overdue calls of others` {
    private let names = TestCalls.names

    @Test func `spare the leases of others after the start, when nobody may have been able to renew them`() async {
        let bench = SharingBench()
        let page = names.prefix(4).map { RedisValue.text("\($0)") }
        bench.answer(.overdue, page, [.text("\(names[0])")])
        // The second is ending, the time of the third is over, and Redis has only the due time of the last.
        let rows = SharingBench.looked(nil) + SharingBench.looked(.client) + SharingBench.looked(nil, age: 1_800_000)
        bench.answer(.look, SharingBench.numbered(rows), SharingBench.looked(nil))
        bench.answer(
            .claim, SharingBench.claimed(.client), SharingBench.claimed(.deadline), [.integer(0)],
            SharingBench.claimed(.lease))
        bench.answer(.end, [.integer(1)], [.integer(1)], [.integer(1)])
        bench.state.withLock { $0.milliseconds = 29_999 }
        await bench.peers.sweep()
        await bench.runTasks()
        #expect(bench.reasons == [.client, .deadline] && bench.hungUp == [names[1], names[2]])
        bench.state.withLock { $0.milliseconds = 30_000 }
        await bench.peers.sweep()
        await bench.runTasks()
        #expect(bench.reasons == [.client, .deadline, .lease])
    }

    @Test func `keep a call from no other of them while they have no place to end it`() async throws {
        let bench = SharingBench(places: 1)
        bench.state.withLock { $0.milliseconds = 30_000 }
        await bench.places.enter(.realtime)
        bench.answer(.overdue, [.text("\(names[0])")])
        bench.answer(.look, SharingBench.looked(nil))
        await bench.peers.sweep()
        #expect(bench.asked == [.overdue, .look])
        // A client's end is claimed, because the answer depends on it, and given back.
        bench.answer(.claim, SharingBench.claimed(.client))
        #expect(try await bench.store.end(names[0]).value)
        await bench.runTasks()
        #expect(bench.asked == [.overdue, .look, .claim, .failed] && bench.hungUp == [])
        bench.places.leave(.realtime)
        bench.answer(.overdue, [.text("\(names[0])")])
        bench.answer(.look, SharingBench.looked(.client))
        bench.answer(.claim, SharingBench.claimed(.client))
        bench.answer(.end, [.integer(1)])
        await bench.peers.sweep()
        await bench.runTasks()
        #expect(bench.hungUp == [names[0]] && bench.reasons == [.client])
        #expect(bench.places.hasFree(.realtime))
    }

    @Test func `pass over what they cannot end, and get to all others`() async {
        let bench = SharingBench(places: 1)
        bench.state.withLock { $0.milliseconds = 30_000 }
        await bench.places.enter(.realtime)
        let names = (0..<130).map { CallID(randomBits: UInt128($0)).name }
        let pages = [names[..<64], names[64..<128], names[128...]].map { $0.map { RedisValue.text("\($0)") } }
        bench.state.withLock { $0.replies[.overdue] = pages }
        // No place is free, one cannot be read, and of the last two only the due time is left.
        let damaged = RedisValue.list([.integer(63), .integer(0), .integer(0), .integer(0), .text("client")])
        let first = SharingBench.listed(Array(repeating: .client, count: 63)) + [damaged]
        bench.answer(.look, first, SharingBench.listed(Array(repeating: .client, count: 64)), [])
        bench.answer(.claim, [.integer(0)], [.integer(0)])
        await bench.peers.sweep()
        #expect(bench.state.withLock(\.passedOver) == ["0", "64", "128"])
        #expect(bench.asked.suffix(4) == [.overdue, .look, .claim, .claim])
        #expect(bench.unreadable == [names[63]] && bench.hungUp.isEmpty)
        bench.answer(.overdue, [])
        await bench.peers.sweep()
        #expect(bench.state.withLock(\.passedOver).last == "0", "the next sweep begins at the earliest")
    }
}

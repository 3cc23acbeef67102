import EphemeraldCore
import HTTP
import Locking
import TestPolicy
import Testing

@Suite struct `The enders of calls` {
    /// The keys that hang-ups were sent with, in order.
    private let used = Locked<[String]>([])

    /// An ender with one key, at an upstream that ends calls with every key.
    private func ender(_ key: String) -> CallEnder {
        CallEnder(
            upstream: Upstream(baseURL: "https://api.openai.com/v1", keys: [Secret(key)]),
            surroundings: ManualClock().surroundings,
            send: { [used] request async throws(TransferFailure) in
                used.withLock { $0.append(String((request.fields["Authorization"] ?? "").dropFirst("Bearer ".count))) }
                return Response(.ok)
            },
            attach: { _ in .failed("no") })
    }

    private func call(_ key: String) -> CallRecord {
        CallRecord(
            name: TestCalls.names[0], plan: TestCalls.plan(), upstreamID: "rtc_1", upstreamHost: "api.openai.com",
            key: KeyPrint(ofKey: key), openedAt: 0)
    }

    @Test func `keep the key of a call for as long as that is open, however often keys change`() async {
        var enders = CallEnders()
        let (old, new) = (call("sk-0"), call("sk-20"))
        #expect(await enders.end(old) == .unsure("no upstream is set"))
        for number in 0...20 { enders.adopt(ender("sk-\(number)"), open: [old]) }
        #expect(await enders.end(old) == .over(reportedSeconds: nil))
        #expect(await enders.end(new) == .over(reportedSeconds: nil))
        #expect(used.withLock { $0 } == ["sk-0", "sk-20"])
        // Without open calls the latest eight are kept.
        enders.adopt(ender("sk-21"), open: [])
        for number in [0, 13, 14, 21] { _ = await enders.end(call("sk-\(number)")) }
        #expect(used.withLock { $0 } == ["sk-0", "sk-20", "sk-21", "sk-21", "sk-14", "sk-21"])
    }

    @Test func `count settings with the same keys once`() async {
        var enders = CallEnders()
        for _ in 0..<20 {
            for key in ["sk-a", "sk-b"] { enders.adopt(ender(key), open: []) }
        }
        _ = await enders.end(call("sk-a"))
        _ = await enders.end(call("sk-b"))
        #expect(used.withLock { $0 } == ["sk-a", "sk-b"])
    }
}

@Suite struct `The places for calls that end` {
    @Test func `are separate for each type, so that sessions that drain hold up no other call`() async {
        let places = EndingPlaces(2)
        for _ in 0..<2 { await places.enter(.live) }
        #expect(!places.hasFree(.live) && !places.enterNow(.live))
        await places.enter(.realtime)
        #expect(places.hasFree(.realtime) && places.enterNow(.realtime) && !places.hasFree(.realtime))
        places.leave(.live)
        #expect(places.enterNow(.live))
    }

    @Test(.timeLimit(.minutes(5))) func `go to those that wait, in order`() async {
        let places = EndingPlaces(1)
        let order = Locked<[Int]>([])
        await places.enter(.live)
        for number in 0..<3 {
            Task.immediate {
                await places.enter(.live)
                order.withLock { $0.append(number) }
                places.leave(.live)
            }
        }
        #expect(!places.enterNow(.live))
        places.leave(.live)
        while order.withLock(\.count) < 3 { await Task.yield() }
        #expect(order.withLock { $0 } == [0, 1, 2])
        while !places.hasFree(.live) { await Task.yield() }
    }
}

import EphemeraldCore
import Redis
import TestPolicy
import TestTools
import Testing

/// The list of all calls in a real Redis.
@Suite(.timeLimit(.minutes(5)))
struct SharedListingTests {
    /// So many calls, opened by two daemons in turn.
    private static func open(_ count: Int, by daemons: [SharedCalls]) async throws -> [SharedCall] {
        let plan = TestCalls.plan()
        let claim = AdmissionClaim(limits: LimitChecks(), quotas: [])
        var opened: [SharedCall] = []
        for number in 0..<count {
            let name = CallID(randomBits: UInt128(number)).name
            let calls = daemons[number % 2]
            guard case .admitted(_, let taken) = try await calls.admit(name, plan, claim, within: CallMaxima())
            else { return [] }
            let record = CallRecord(
                name: name, plan: plan, upstreamID: "rtc_\(number)", upstreamHost: "h", key: KeyPrint(ofKey: "k"),
                openedAt: at(1_000_000))
            let call = SharedCall(record, taken: taken)
            guard try await calls.open(call, now: at(1_000_000)) else { return [] }
            opened.append(call)
        }
        return opened
    }

    private static func daemons(_ client: RedisClient) -> [SharedCalls] {
        ["a", "b"].map { SharedCalls(client, daemon: $0, creation: .seconds(30)) }
    }

    @Test func `has the calls of all daemons, open or ending, however many there are`() async throws {
        let server = try RedisServer()
        let listing: [CallListing] = try await withClient(server.address) { client, _ in
            let daemons = SharedListingTests.daemons(client)
            for (number, call) in try await SharedListingTests.open(150, by: daemons).prefix(20).enumerated() {
                let (calls, name) = (daemons[number % 2], call.record.name)
                _ = try await calls.claim(name, .client, now: at(1_000_000))
                if number < 5 { calls.failed(name) }
                if number < 3 { _ = try await calls.end(call, .client, isConfirmed: true, now: at(1_001_000)) }
            }
            return try await daemons[0].listing(now: at(1_000_000))
        }
        #expect(Set(listing.map(\.record.upstreamID)) == Set((3..<150).map { "rtc_\($0)" }))
        #expect(listing.count == 147)
        #expect(listing.count { $0.reason == .client } == 17)
        #expect(listing.count { $0.failures == 1 } == 2)
        #expect(listing.allSatisfy { $0.record.plan.caller == "ann" && (1_700...1_800).contains($0.secondsLeft) })
    }

    @Test func `names a call that this version cannot read, and has the others`() async throws {
        let server = try RedisServer()
        let (found, damaged) = try await withClient(server.address) { client, _ in
            let daemons = SharedListingTests.daemons(client)
            let names = try await SharedListingTests.open(4, by: daemons).map(\.record.name)
            _ = try await client.send(["HSET", "{ephemerald}:c:\(names[1])", "type", "telepathy"])
            _ = try await client.send(["HDEL", "{ephemerald}:c:\(names[2])", "opened"])
            return (try await daemons[0].all.look(at: names, now: at(1_000_000)), [names[1], names[2]])
        }
        #expect(found.calls.map(\.record.upstreamID) == ["rtc_0", "rtc_3"] && found.unreadable == damaged)
    }

    @Test func `leaves out no call when others end meanwhile`() async throws {
        let server = try RedisServer()
        let counts: [Int] = try await withClient(server.address) { client, _ in
            let daemons = SharedListingTests.daemons(client)
            let opened = try await SharedListingTests.open(150, by: daemons)
            var counts: [Int] = []
            for page in try await daemons[0].all.pages() {
                counts.append(try await daemons[0].all.look(at: page, now: at(1_000_000)).calls.count)
                for call in opened where page.contains(call.record.name) {
                    _ = try await daemons[1].end(call, .client, isConfirmed: true, now: at(1_001_000))
                }
                guard try await daemons[0].all.ended(among: page) == page else { return [] }
            }
            return counts
        }
        #expect(counts == [64, 64, 22])
    }
}

import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A quota` {
    private static let byProxy = Authenticator([.proxy(field: "X-User")])

    private static func ask(
        _ test: TestService, user: String? = nil, session: String = "default", times: Int = 1
    ) async -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<times {
            let fields: Fields = user.map { ["X-User": $0] } ?? [:]
            let request = Request.token(query: "?session=\(session)", fields: fields, peer: "10.0.0.1")
            statuses.append(await test.respond(to: request).status.rawValue)
        }
        return statuses
    }

    @Test func `admits as many as it says, and then none until midnight in UTC`() async throws {
        let test = try TestService(quotas: Quotas(all: 3))
        #expect(await Self.ask(test, times: 3) == [200, 200, 200])
        let refused = await test.respond(to: .token())
        #expect(refused.status == .tooManyRequests)
        #expect(refused.json["code"] == "quota_exhausted")
        // It is 12:00:00.007, and what is left of the day is rounded up.
        #expect(refused.fields["Retry-After"] == "43200")
        #expect(try test.lastUse["error.type"] == "quota_exhausted")
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "all")
        test.upstream.clock.moveWallClock(by: .seconds(43_199) + .milliseconds(992))
        #expect(await test.respond(to: .token()).fields["Retry-After"] == "1")
        test.upstream.clock.moveWallClock(by: .milliseconds(1))
        #expect(await Self.ask(test, times: 4) == [200, 200, 200, 429])
    }

    @Test func `counts callers by their names, and sessions by theirs`() async throws {
        let test = try TestService(quotas: Quotas(caller: 2, session: 3), callers: Self.byProxy)
        #expect(await Self.ask(test, user: "ann", times: 3) == [200, 200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "caller")
        #expect(await Self.ask(test, user: "bob", times: 2) == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "session")
        #expect(await Self.ask(test, user: "bob", session: "full", times: 2) == [200, 429])
    }

    @Test func `on callers counts nothing where callers do not say who they are`() async throws {
        let test = try TestService(quotas: Quotas(caller: 1))
        #expect(await Self.ask(test, times: 3) == [200, 200, 200])
    }

    @Test func `gets back what no token came of`() async throws {
        let test = try TestService(quotas: Quotas(caller: 2, session: 2, all: 2), callers: Self.byProxy)
        test.upstream.answer(.answer(.error(400)))
        #expect(await Self.ask(test, user: "ann", times: 5) == [502, 502, 502, 502, 502])
        test.upstream.answer(.minted)
        #expect(await Self.ask(test, user: "ann", times: 3) == [200, 200, 429])
    }

    @Test func `is not touched by what a limit refuses, nor a limit by what it refuses`() async throws {
        let test = try TestService(clientLimit: "1/min burst 2", quotas: Quotas(all: 3))
        #expect(await Self.ask(test, times: 4) == [200, 200, 429, 429])
        #expect(try test.lastUse["error.type"] == "rate_limited")
        test.upstream.clock.advance(by: .seconds(60))
        #expect(await Self.ask(test) == [200])
        test.upstream.clock.advance(by: .seconds(60))
        #expect(await Self.ask(test, times: 2) == [429, 429])
        #expect(try test.lastUse["error.type"] == "quota_exhausted")
        test.upstream.clock.moveWallClock(by: .seconds(86_400))
        #expect(await Self.ask(test, times: 2) == [200, 429])
        #expect(try test.lastUse["error.type"] == "rate_limited")
    }

    @Test(arguments: [3, -3]) func `is that of the day when the clock is moved, and limits stay`(days: Int) async throws
    {
        let test = try TestService(clientLimit: "6/h", quotas: Quotas(all: 2))
        #expect(await Self.ask(test, times: 3) == [200, 200, 429])
        test.upstream.clock.moveWallClock(by: .seconds(days * 86_400))
        #expect(await Self.ask(test, times: 3) == [200, 200, 429])
        test.upstream.clock.moveWallClock(by: .seconds(-days * 86_400))
        #expect(await Self.ask(test) == [429])
        #expect(try test.lastUse["error.type"] == "quota_exhausted")
        test.upstream.clock.moveWallClock(by: .seconds(86_400))
        #expect(await Self.ask(test, times: 3) == [200, 200, 429])
        test.upstream.clock.moveWallClock(by: .seconds(86_400))
        #expect(await Self.ask(test) == [429])
        #expect(try test.lastUse["error.type"] == "rate_limited")
    }

    @Test func `is never passed by requests that are answered at once`() async throws {
        let gate = Gate()
        let test = try TestService(ScriptedUpstream(.afterGate(gate, .minted)), quotas: Quotas(all: 5))
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { await test.respond(to: .token()).status.rawValue } }
            await gate.waitForArrivals(5)
            gate.open()
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [200: 5, 429: 35])
        #expect(test.upstream.requests.count == 5)
    }

    @Test func `goes on from what the ledger holds at the start`() async throws {
        let quotas = Quotas(caller: 2)
        var ledger = QuotaLedger()
        let today = Day(2026, 11, 22)
        ledger.take(quotas.checks(caller: "ann", session: "default"), on: today, today: today)
        let test = try TestService(quotas: quotas, callers: Self.byProxy) { $0.ledger = ledger }
        #expect(await Self.ask(test, user: "ann", times: 2) == [200, 429])
        #expect(await Self.ask(test, user: "bob", times: 3) == [200, 200, 429])
    }

    @Test func `refuses whom it cannot count`() async throws {
        let test = try TestService(quotas: Quotas(caller: 9), callers: Self.byProxy) {
            $0.ledger = QuotaLedger(capacity: 2)
        }
        for name in ["ann", "bob"] { #expect(await Self.ask(test, user: name) == [200]) }
        #expect(await Self.ask(test, user: "eve") == [429])
        #expect(await Self.ask(test, user: "ann") == [200])
    }
}

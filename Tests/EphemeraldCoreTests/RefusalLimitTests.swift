import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

@Suite struct `The limit on refusals` {
    private static let stranger = Request.token(origin: "https://evil.example")

    private static func number(of line: JSON) -> Int? { line["ephemerald.refusals.unlogged"]?.numberValue?.integer }

    /// What costs nothing but a line, with the code of its refusal.
    private static let refused: [(Request, String)] =
        RefusedRequest.all.map { ($0.request, $0.code) } + [
            (.token(method: .options, fields: ["Access-Control-Request-Method": "PUT"]), "preflight_refused")
        ]

    @Test(arguments: refused.indices)
    func `answers with 429 what has no usage line left`(index: Int) async throws {
        let test = try TestService(refusalLimit: "1/min")
        let (request, code) = Self.refused[index]
        _ = await test.respond(to: request)
        #expect(try test.lastUse["error.type"]?.stringValue == code)
        let answer = await test.respond(to: request)
        #expect(answer.status == .tooManyRequests && answer.json["code"] == "too_many_refusals")
        #expect(answer.fields["Retry-After"] == "60" && answer.fields["X-Request-Id"] != nil)
        #expect(test.usage.count == 1)
    }

    @Test func `admits a client that was refused, no matter how often`() async throws {
        let test = try TestService(refusalLimit: "1/min")
        for _ in 0..<10 { _ = await test.respond(to: Self.stranger) }
        #expect(await test.respond(to: .token()).status == .ok)
        #expect(try Self.number(of: test.lastUse) == 9)
        #expect(await test.respond(to: .token()).status == .ok)
        #expect(try Self.number(of: test.lastUse) == nil)
        #expect(test.usage.count == 3)
    }

    @Test func `keeps the fields of CORS`() async throws {
        let test = try TestService(refusalLimit: "1/min")
        for _ in 0..<2 {
            let answer = await test.respond(to: .token("{"))
            #expect(answer.fields["Access-Control-Allow-Origin"] == "https://app.example")
        }
    }

    @Test func `keeps a refusal that says when to come back, but not its line`() async throws {
        let test = try TestService(clientLimit: "1/min", refusalLimit: "1/min")
        #expect(await test.respond(to: .token()).status == .ok)
        for count in [2, 2, 2] {
            let answer = await test.respond(to: .token())
            #expect(answer.status == .tooManyRequests && answer.json["code"] == "rate_limited")
            #expect(answer.fields["RateLimit"] != nil && answer.fields["Retry-After"] == "60")
            #expect(test.usage.count == count)
        }
        test.mintingSwitch.isPaused = true
        let paused = await test.respond(to: .token())
        #expect(paused.json["code"] == "minting_paused" && paused.fields["Retry-After"] == "30")
        #expect(test.usage.count == 2)
    }

    @Test func `keeps a line for every mint that was attempted`() async throws {
        let test = try TestService(ScriptedUpstream(.answer(.error(400))), refusalLimit: "1/min")
        for count in 1...5 {
            #expect(await test.respond(to: .token()).status == .badGateway)
            #expect(test.usage.count == count)
        }
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("2001:db8::1", "2001:db8::2:3", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
    ])
    func `counts by address, IPv6 by /64`(first: String, second: String, isOne: Bool) async throws {
        let test = try TestService(refusalLimit: "1/min")
        for peer in [first, second] {
            _ = await test.respond(to: .token(origin: "https://evil.example", peer: peer))
        }
        #expect(test.usage.count == (isOne ? 1 : 2))
    }

    @Test func `accounts for every refusal, and is logged when it is reached`() async throws {
        let test = try TestService(refusalLimit: "60/min burst 3")
        for _ in 0..<50 {
            for _ in 0..<10 { _ = await test.respond(to: Self.stranger) }
            test.upstream.clock.advance(by: .seconds(1))
        }
        let lines = test.usage.compactMap { UsageRecord(Array($0.utf8)) }
        #expect(lines.count == 3 + 49)
        _ = await test.respond(to: .token())
        let unlogged = try test.usage.reduce(0) { sum, line in
            sum + (Self.number(of: try JSON(parsing: Array(line.utf8))) ?? 0)
        }
        #expect(lines.count + unlogged == 500)
        #expect(test.refusals.total == unlogged)
        let reached = try #require(test.limitsReached.first)
        var notices = LimitNotices()
        #expect(
            notices.notice(reached, now: 0)
                == "limit refusals: 192.0.2.7 has reached 60/min burst 3; the usage log has the number of further refusals"
        )
    }

    @Test func `counts in the metrics`() async throws {
        let test = try TestService(refusalLimit: "2/min")
        for _ in 0..<5 { _ = await test.respond(to: Self.stranger) }
        let text = Exposition.prometheus.text(test.metrics.current.families)
        #expect(text.contains("ephemerald_refusals_total{code=\"too_many_refusals\",dimension=\"\"} 3\n"))
        #expect(text.contains("ephemerald_refusals_total{code=\"origin_not_allowed\",dimension=\"\"} 2\n"))
    }

    @Test func `may be off`() async throws {
        let test = try TestService()
        for _ in 0..<500 { #expect(await test.respond(to: Self.stranger).status == .forbidden) }
        #expect(test.usage.count == 500)
    }
}

import EphemeraldCore
import HTTP
import Testing

@Suite struct `Keys at an address` {
    private static func set(_ ids: String..., age: String? = nil) -> ScriptedUpstream.Step {
        .answer(
            Response(
                .ok, fields: age.map { ["Cache-Control": $0] } ?? [:],
                body: TestKeys.jwks(ids.map { TestKeys.jwk("ES256", id: $0) })))
    }

    private func token(_ id: String) -> String {
        TestKeys.token(header: #"{"alg":"ES256","kid":"\#(id)"}"#, "ES256")
    }

    @Test func `are fetched once for many tokens`() async {
        let trial = TokenTrial(Self.set("a"))
        for _ in 0..<3 { #expect(await trial.outcome(token("a")) == "ann") }
        #expect(trial.provider.requests.map(\.url) == ["https://id.example/jwks.json?key=canary"])
        #expect(trial.provider.requests.map(\.method) == [.get])
        #expect(trial.provider.requests.allSatisfy { $0.timeout == .seconds(5) })
        #expect(trial.reported == [.fetched("https://id.example/jwks.json: 1 keys for ES256")])
    }

    @Test func `are fetched before the first token when prepared`() async {
        let trial = TokenTrial(Self.set("a"))
        for _ in 0..<2 { await trial.callers.prepare(trial.means) }
        #expect(await trial.outcome(token("a")) == "ann")
        #expect(trial.provider.requests.count == 1)
    }

    @Test func `are fetched once for a thousand unknown kids at once`() async {
        let gate = Gate()
        let trial = TokenTrial(.afterGate(gate, Self.set("a")))
        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 0..<1_000 { group.addTask { await trial.outcome(token("\(number)")) } }
            await gate.waitForArrivals(1)
            gate.open()
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == ["unknown_key": 1_000])
        #expect(trial.provider.requests.count == 1)
    }

    @Test func `let nobody wait who has a known key`() async {
        let trial = TokenTrial(Self.set("a"))
        #expect(await trial.outcome(token("a")) == "ann")
        trial.clock.advance(by: .seconds(60))
        let gate = Gate()
        trial.provider.answer(.afterGate(gate, Self.set("a", "b")))
        async let waiting = trial.outcome(token("b"))
        await gate.waitForArrivals(1)
        #expect(await trial.outcome(token("a")) == "ann")
        gate.open()
        #expect(await waiting == "ann")
    }

    @Test func `change within a minute, and not more often for unknown kids`() async {
        let trial = TokenTrial(Self.set("a"))
        #expect(await trial.outcome(token("a")) == "ann")
        trial.provider.answer(Self.set("b"))
        for _ in 0..<59 {
            trial.clock.advance(by: .seconds(1))
            #expect(await trial.outcome(token("b")) == "unknown_key")
        }
        #expect(trial.provider.requests.count == 1)
        trial.clock.advance(by: .seconds(1))
        #expect(await trial.outcome(token("b")) == "ann")
        #expect(await trial.outcome(token("a")) == "unknown_key")
        #expect(trial.provider.requests.count == 2)
    }

    @Test func `are not fetched for what no key could have signed`() async {
        let trial = TokenTrial(Self.set("a"))
        for header in [
            #"{"alg":"none","kid":"x"}"#, #"{"alg":"HS512","kid":"x"}"#, "{}", #"{"alg":"ES256","crit":[]}"#,
        ] {
            _ = await trial.outcome(TestKeys.token(header: header, "ES256"))
        }
        #expect(trial.provider.requests.isEmpty)
        #expect(await trial.outcome(token("a")) == "ann")
        trial.clock.advance(by: .seconds(60))
        #expect(await trial.outcome(TestKeys.token(header: #"{"alg":"RS256","kid":"a"}"#, "RS256")) == "algorithm")
        #expect(trial.provider.requests.count == 1)
    }

    @Test(
        arguments: [
            (nil, 3_600), ("max-age=60", 3_600), ("public, Max-Age=7200", 7_200), ("max-age=999999999", 86_400),
            ("no-store", 3_600), ("max-age=x", 3_600), ("max-age=-1", 3_600), ("max-age = 7200", 7_200),
            ("max-age=99999999999999999999", 3_600),
        ] as [(String?, Int)])
    func `are kept for their lifetime, between an hour and a day`(age: String?, seconds: Int) async {
        let trial = TokenTrial(Self.set("a", age: age))
        #expect(await trial.outcome(token("a")) == "ann")
        trial.clock.advance(by: .seconds(seconds - 1))
        #expect(await trial.outcome(token("a")) == "ann")
        #expect(trial.provider.requests.count == 1)
        trial.provider.answer(Self.set("b"))
        trial.clock.advance(by: .seconds(1))
        #expect(await trial.outcome(token("a")) == "unknown_key")
        #expect(trial.provider.requests.count == 2)
    }

    static let failures: [ScriptedUpstream.Step] = [
        .failure(.timedOut), .failure(.cannotConnect("refused")), .failure(.tooLarge), .failure(.cancelled),
        .answer(Response(.ok)), .answer(Response(.ok, body: Array("<html>".utf8))),
        .answer(Response(.ok, body: Array(#"{"keys":[]}"#.utf8))),
        .answer(Response(.notFound, body: TestKeys.jwks([TestKeys.jwk("ES256")]))),
        .answer(Response(Status(rawValue: 302), fields: ["Location": "https://evil.example"])),
        .answer(Response(.ok, body: TestKeys.jwks([TestKeys.jwk("HS256")]))),
    ]

    @Test(arguments: failures.indices)
    func `stay in force when newer ones cannot be had`(index: Int) async {
        let trial = TokenTrial(Self.set("a"))
        #expect(await trial.outcome(token("a")) == "ann")
        trial.clock.advance(by: .seconds(3_600))
        trial.provider.answer(Self.failures[index])
        for _ in 0..<3 { #expect(await trial.outcome(token("a")) == "ann") }
        #expect(await trial.outcome(token("b")) == "unknown_key")
        #expect(trial.provider.requests.count == 2)
        guard case .failed(let reason)? = trial.reported.last else {
            return #expect(Bool(false), "nothing is reported")
        }
        #expect(reason.hasPrefix("https://id.example/jwks.json: no keys: ") && reason.hasSuffix("stay in force"))
        trial.clock.advance(by: .seconds(60))
        trial.provider.answer(Self.set("b"))
        #expect(await trial.outcome(token("b")) == "ann")
    }

    @Test(
        arguments: [
            (.cannotConnect("Connection refused"), "no connection: Connection refused"),
            (.tls("self-signed certificate"), "the TLS handshake failed: self-signed certificate"),
            (.timedOut, "the server did not answer in time"), (.broken("reset"), "the connection broke: reset"),
            (.tooLarge, "the answer is too large"), (.cancelled, "the request was cancelled"),
        ] as [(TransferFailure, String)])
    func `that cannot be fetched are reported with the reason`(failure: TransferFailure, reason: String) async {
        let trial = TokenTrial(.failure(failure))
        #expect(await trial.outcome(token("a")) == "keys_unavailable")
        let end = "tokens are answered with 503 until there are some"
        #expect(trial.reported.last == .failed("https://id.example/jwks.json: no keys: \(reason); \(end)"))
    }

    @Test(arguments: [true, false])
    func `are not reported any more when the rule in force does not have them`(isInForce: Bool) async {
        let gate = Gate()
        let trial = TokenTrial(.afterGate(gate, .failure(.timedOut)))
        async let waiting = trial.outcome(token("a"))
        await gate.waitForArrivals(1)
        trial.callers.retire(for: isInForce ? trial.callers : .anybody)
        gate.open()
        #expect(await waiting == "keys_unavailable")
        #expect(trial.reported.count == (isInForce ? 1 : 0))
    }

    @Test(arguments: failures.indices)
    func `that cannot be had at all are not the caller's fault`(index: Int) async {
        let trial = TokenTrial(Self.failures[index])
        for _ in 0..<3 { #expect(await trial.outcome(token("a")) == "keys_unavailable") }
        #expect(trial.provider.requests.count == 1)
        trial.clock.advance(by: .seconds(5))
        trial.provider.answer(Self.set("a"))
        #expect(await trial.outcome(token("a")) == "ann")
    }
}

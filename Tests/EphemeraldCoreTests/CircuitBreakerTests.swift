import EphemeraldCore
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `The circuit breaker` {
    private static let failing: [ScriptedUpstream.Step] = [
        .failure(.timedOut), .failure(.tls("expired")), .failure(.tooLarge), .answer(.error(501)),
        .answer(Response(.ok)),
    ]

    /// Open, by failures that are not retried.
    private static func opened() async -> TestMinter {
        let test = TestMinter(ScriptedUpstream(.failure(.timedOut)))
        for _ in 0..<20 { _ = await test.mint() }
        return test
    }

    @Test(arguments: failing)
    func `opens after twenty failures in a row`(step: ScriptedUpstream.Step) async {
        let test = TestMinter(ScriptedUpstream(step))
        for _ in 0..<20 { #expect(await test.mint().code != "upstream_unavailable") }
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .seconds(2)))
        #expect(test.upstream.requests.count == 20)
    }

    @Test func `counts each attempt of a mint that is retried`() async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(503, fields: ["Retry-After": "0"]))))
        for _ in 0..<7 { #expect(await test.mint().code == "upstream_error") }
        #expect(test.upstream.requests.count == 21)
        #expect(await test.mint().code == "upstream_unavailable")
    }

    @Test func `says how long it stays open, and calls nobody meanwhile`() async {
        let test = await Self.opened()
        test.clock.advance(by: .milliseconds(500))
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .milliseconds(1_500)))
        test.clock.advance(by: .milliseconds(1_499))
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .milliseconds(1)))
        #expect(test.upstream.requests.count == 20)
    }

    @Test func `lets one try after two seconds, and stays open when that fails`() async {
        let test = await Self.opened()
        test.clock.advance(by: .seconds(2))
        #expect(await test.mint().code == "upstream_timeout")
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .seconds(2)))
        #expect(test.upstream.requests.count == 21)
    }

    @Test func `lets nobody else by while one tries, and closes when that succeeds`() async {
        let test = await Self.opened()
        let gate = Gate()
        test.upstream.answer(.afterGate(gate, .minted))
        test.clock.advance(by: .seconds(2))
        let trial = Task { await test.mint() }
        await gate.waitForArrivals(1)
        #expect(await test.mint().code == "upstream_unavailable")
        gate.open()
        #expect(await trial.value.value == "ek_one")
        for _ in 0..<5 { #expect(await test.mint().value == "ek_one") }
    }

    @Test func `is not opened again by requests that were sent before it closed`() async {
        let test = TestMinter()
        let gate = Gate()
        test.upstream.answer(.afterGate(gate, .failure(.timedOut)))
        let earlier = (0..<20).map { _ in Task { await test.mint() } }
        await gate.waitForArrivals(20)
        test.clock.advance(by: .seconds(1))
        test.upstream.answer(.failure(.timedOut))
        for _ in 0..<20 { _ = await test.mint() }
        #expect(await test.mint().code == "upstream_unavailable")
        test.clock.advance(by: .seconds(2))
        test.upstream.answer(.minted)
        #expect(await test.mint().value == "ek_one")
        gate.open()
        for task in earlier { #expect(await task.value.code == "upstream_timeout") }
        #expect(await test.mint().value == "ek_one")
        // Later ones do.
        test.upstream.answer(.failure(.timedOut))
        for _ in 0..<20 { #expect(await test.mint().code == "upstream_timeout") }
        #expect(await test.mint().code == "upstream_unavailable")
    }

    @Test func `lets nobody else by however long one tries`() async {
        let test = await Self.opened()
        let gate = Gate()
        test.upstream.answer(.afterGate(gate, .failure(.timedOut)))
        test.clock.advance(by: .seconds(2))
        let trial = Task { await test.mint() }
        await gate.waitForArrivals(1)
        for _ in 0..<4 {
            test.clock.advance(by: .seconds(2))
            #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .seconds(2)))
        }
        #expect(test.upstream.requests.count == 21)
        gate.open()
        #expect(await trial.value.code == "upstream_timeout")
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .seconds(2)))
        test.upstream.answer(.minted)
        test.clock.advance(by: .seconds(2))
        #expect(await test.mint().value == "ek_one")
    }

    @Test(arguments: [ScriptedUpstream.Step.failure(.cancelled), .failure(.timedOut), .answer(.error(400)), .minted])
    func `lets another try when the first has ended, however it did`(step: ScriptedUpstream.Step) async {
        let test = await Self.opened()
        test.clock.advance(by: .seconds(2))
        test.upstream.answer(step)
        _ = await test.mint()
        test.upstream.answer(.minted)
        test.clock.advance(by: .seconds(2))
        #expect(await test.mint().value == "ek_one")
    }

    @Test func `lets another try when the task of the first was cancelled`() async {
        let test = await Self.opened()
        let gate = Gate()
        test.clock.advance(by: .seconds(2))
        test.upstream.answer(.afterGate(gate, .minted))
        let trial = Task { await test.mint() }
        await gate.waitForArrivals(1)
        trial.cancel()
        #expect(await trial.value.code == "shutting_down")
        test.upstream.answer(.minted)
        #expect(await test.mint().failure?.refusal == .upstreamUnavailable(retryAfter: .seconds(2)))
        test.clock.advance(by: .seconds(2))
        #expect(await test.mint().value == "ek_one")
    }

    @Test(arguments: [400, 403, 404, 429])
    func `stays closed when the upstream refuses, which only a living one does`(status: Int) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(status))))
        for _ in 0..<50 { #expect(await test.mint().code != "upstream_unavailable") }
        #expect(test.upstream.requests.count == 50)
    }

    @Test(arguments: [ScriptedUpstream.Step.minted, .answer(.error(400)), .answer(.error(429))])
    func `counts failures in a row only`(step: ScriptedUpstream.Step) async {
        let test = TestMinter(ScriptedUpstream(.failure(.timedOut)))
        for _ in 0..<3 {
            for _ in 0..<19 { #expect(await test.mint().code == "upstream_timeout") }
            test.upstream.answer(step)
            #expect(await test.mint().code != "upstream_unavailable")
            test.upstream.answer(.failure(.timedOut))
        }
    }

    @Test func `is not moved by callers who go`() async {
        let test = TestMinter(ScriptedUpstream(.failure(.cancelled)))
        for _ in 0..<50 { #expect(await test.mint().code == "shutting_down") }
    }

    @Test func `answers the browser with the wait in whole seconds`() async throws {
        let test = try TestService(ScriptedUpstream(.failure(.timedOut)))
        for _ in 0..<20 { #expect(await test.respond(to: .token()).status == .gatewayTimeout) }
        test.upstream.clock.advance(by: .milliseconds(900))
        let response = await test.respond(to: .token())
        #expect(response.status == .serviceUnavailable)
        #expect(response.fields.values(of: "Retry-After") == ["2"])
        #expect(response.text.contains(#""code":"upstream_unavailable""#))
        #expect(test.upstream.requests.count == 20)
    }
}

@Suite(.timeLimit(.minutes(5))) struct `A silent upstream` {
    private static func silence(of test: TestMinter, after time: Duration) -> [String] {
        test.clock.advance(by: time)
        test.state.noticeSilence(now: test.clock.surroundings.monotonicNanoseconds())
        return test.notices
    }

    @Test func `is reported after four seconds, once, and when it answers`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .minted)))
        #expect(Self.silence(of: test, after: .seconds(60)).isEmpty, "nobody waits for it")
        let mint = Task { await test.mint() }
        await gate.waitForArrivals(1)
        #expect(Self.silence(of: test, after: .milliseconds(3_999)).isEmpty)
        #expect(Self.silence(of: test, after: .milliseconds(1)).count == 1)
        #expect(Self.silence(of: test, after: .seconds(1)).count == 1)
        gate.open()
        #expect(await mint.value.value != nil)
        #expect(test.notices.last == "minting tokens at OpenAI works again, after 1 s")
    }

    @Test func `is not one that answers others meanwhile`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .minted), .minted))
        let mint = Task { await test.mint() }
        await gate.waitForArrivals(1)
        test.clock.advance(by: .seconds(3))
        #expect(await test.mint().value != nil)
        #expect(Self.silence(of: test, after: .seconds(3)).isEmpty)
        gate.open()
        _ = await mint.value
        #expect(Self.silence(of: test, after: .seconds(60)).isEmpty)
    }
}

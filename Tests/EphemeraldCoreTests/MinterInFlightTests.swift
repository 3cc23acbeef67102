import EphemeraldCore
import HTTP
import Sessions
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Mints under way` {
    @Test func `are as many as the settings allow, and each gives its place back`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .minted))) { $0.maxInFlight = 2 }
        let mints = [Task { await test.mint() }, Task { await test.mint() }]
        await gate.waitForArrivals(2)
        #expect(await test.mint().failure?.refusal == .overloaded)
        #expect(await test.mint().failure?.report == nil)
        #expect(test.upstream.requests.count == 2)
        gate.open()
        for mint in mints { #expect(await mint.value.value == "ek_one") }
        #expect(await test.mint().value == "ek_one")
        #expect(test.upstream.requests.count == 3)
    }

    @Test func `give their place back when they are cancelled`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .minted), .minted)) { $0.maxInFlight = 1 }
        let mint = Task { await test.mint() }
        await gate.waitForArrivals(1)
        #expect(await test.mint().failure?.refusal == .overloaded)
        mint.cancel()
        #expect(await mint.value.failure?.refusal == .shuttingDown)
        #expect(await test.mint().value == "ek_one")
    }

    @Test(
        arguments: [
            .answer(.error(400)), .answer(.error(401)), .answer(.error(500)), .answer(Response(.ok)),
            .failure(.timedOut),
            .failure(.cannotConnect("refused")),
        ] as [ScriptedUpstream.Step])
    func `give their place back when they fail`(step: ScriptedUpstream.Step) async {
        let test = TestMinter(ScriptedUpstream(step)) { $0.maxInFlight = 1 }
        for _ in 0..<3 { #expect(await test.mint().failure?.refusal != .overloaded) }
        test.upstream.answer(.minted)
        #expect(await test.mint().value == "ek_one")
    }

    @Test func `are counted over all loops together`() async {
        let gate = Gate()
        let upstream = ScriptedUpstream(.afterGate(gate, .minted))
        var settings = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret("sk-a")])
        settings.maxInFlight = 1
        let state = UpstreamState()
        let minters = (0..<2).map { [settings] _ in
            Minter(
                upstream: settings, state: state, surroundings: upstream.clock.surroundings, send: upstream.send)
        }
        let session = TestSessions.session("default")
        let first = Task { try await minters[0].mint(session.body, for: session, requestID: RequestID(randomBits: 1)) }
        await gate.waitForArrivals(1)
        await #expect(throws: MintFailure.self) {
            try await minters[1].mint(session.body, for: session, requestID: RequestID(randomBits: 2))
        }
        gate.open()
        _ = await first.result
        #expect(upstream.requests.count == 1)
    }
}

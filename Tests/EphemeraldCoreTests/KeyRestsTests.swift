import EphemeraldCore
import HTTP
import Testing

@Suite struct `A key that is refused` {
    private static let refused = ScriptedUpstream.Step.answer(.error(401, code: "invalid_api_key"))
    private static let empty = ScriptedUpstream.Step.answer(.error(429, code: "insufficient_quota"))

    private static func mints(_ count: Int, _ test: TestMinter) async -> [String?] {
        var codes: [String?] = []
        for _ in 0..<count { codes.append(await test.mint().code) }
        return codes
    }

    @Test func `is passed over until its rest is over, and rests twice as long each time`() async {
        let test = TestMinter(ScriptedUpstream(Self.refused, .minted), keys: ["sk-a", "sk-b"])
        #expect(await Self.mints(50, test) == Array(repeating: nil, count: 50))
        #expect(test.received == ["Bearer sk-a"] + Array(repeating: "Bearer sk-b", count: 50))
        for rest in [30, 60, 120, 240, 480, 600, 600] {
            let before = test.received.count
            test.clock.advance(by: .seconds(rest - 1))
            _ = await test.mint()
            #expect(test.received.dropFirst(before) == ["Bearer sk-b"])
            test.clock.advance(by: .seconds(1))
            test.upstream.answer(Self.refused, .minted)
            #expect(await Self.mints(3, test) == [nil, nil, nil])
            let sent = Array(test.received.dropFirst(before + 1))
            #expect(sent == ["Bearer sk-a", "Bearer sk-b", "Bearer sk-b", "Bearer sk-b"])
        }
        #expect(test.notices.count == 1, "it is reported once, however often it is tried")
    }

    @Test func `serves again once it is accepted, and both are reported`() async {
        let test = TestMinter(ScriptedUpstream(Self.empty, .minted), keys: ["sk-a", "sk-b"])
        _ = await test.mint()
        test.clock.advance(by: .seconds(31))
        _ = await Self.mints(2, test)
        #expect(test.received == ["Bearer sk-a", "Bearer sk-b", "Bearer sk-a", "Bearer sk-a"])
        let print = KeyPrint(ofKey: "sk-a")
        #expect(
            test.notices == [
                "upstream_quota: the OpenAI account of the API key is used up (1 of 2, \(print)): add credit, or add a key "
                    + "of another account; other keys serve, and this one is tried again by itself",
                "the API key (1 of 2, \(print)) works again, after 31 s",
            ])
    }

    @Test func `is reported and listed with the last reason that it has`() async {
        let test = TestMinter(ScriptedUpstream(Self.empty, .minted), keys: ["sk-a", "sk-b"])
        _ = await test.mint()
        #expect(test.minter.keys.first.flatMap(test.reasonToRest) == "upstream_quota")
        test.clock.advance(by: .seconds(31))
        test.upstream.answer(Self.refused, .minted)
        _ = await test.mint()
        #expect(test.minter.keys.first.flatMap(test.reasonToRest) == "upstream_auth")
        #expect(test.emergencies.active.map(\.message).joined().contains("write a valid one"))
        #expect(test.notices.count == 1, "no two lines within a minute")
        for seconds in [61, 121] {
            test.clock.advance(by: .seconds(seconds))
            test.upstream.answer(Self.refused, .minted)
            _ = await test.mint()
            #expect(test.emergencies.active.map(\.message) == [test.notices.last])
        }
        #expect(test.notices.count == 2, "the same reason is not reported again")
    }

    @Test(
        arguments: [.answer(.error(500)), .failure(.timedOut), .failure(.cannotConnect("no route"))]
            as [ScriptedUpstream.Step])
    func `is tried by the next request if the upstream fails at its try`(step: ScriptedUpstream.Step) async {
        let test = TestMinter(ScriptedUpstream(Self.refused, .minted), keys: ["sk-a", "sk-b"])
        _ = await test.mint()
        test.clock.advance(by: .seconds(31))
        test.upstream.answer(step)
        #expect(await test.mint().code != nil)
        test.upstream.answer(.minted)
        #expect(await Self.mints(2, test) == [nil, nil])
        #expect(test.received.suffix(2) == ["Bearer sk-a", "Bearer sk-a"])
    }

    @Test func `goes on resting when an earlier request is answered later, and is not reported as working`() async {
        let test = TestMinter(ScriptedUpstream(.minted), keys: ["sk-a", "sk-b"])
        let gate = Gate()
        test.upstream.answer(.afterGate(gate, .minted))
        let earlier = Task { await test.mint() }
        await gate.waitForArrivals(1)
        test.clock.advance(by: .seconds(1))
        test.upstream.answer(Self.refused, .minted)
        #expect(await test.mint().code == nil)
        gate.open()
        #expect(await earlier.value.code == nil)
        #expect(test.minter.keys.first.flatMap(test.reasonToRest) == "upstream_auth")
        #expect(await test.mint().code == nil)
        #expect(test.received == ["Bearer sk-a", "Bearer sk-a", "Bearer sk-b", "Bearer sk-b"])
        #expect(test.notices.count == 1 && test.emergencies.active.count == 1)
    }

    @Test func `is tried by every request while no other is left, and then by one every two seconds`() async {
        let test = TestMinter(ScriptedUpstream(Self.refused))
        #expect(await Self.mints(100, test) == Array(repeating: "upstream_auth", count: 100))
        #expect(test.received.count == 20)
        #expect(test.notices.count == 1 && test.notices[0].contains("no other key is left"))
        test.clock.advance(by: .seconds(2))
        #expect(await Self.mints(10, test) == Array(repeating: "upstream_auth", count: 10))
        #expect(test.received.count == 21)
        test.clock.advance(by: .seconds(2))
        test.upstream.answer(.minted)
        #expect(await Self.mints(10, test) == Array(repeating: nil, count: 10))
        #expect(test.notices.count == 2)
    }

    @Test func `takes turns with the others while all rest`() async {
        let test = TestMinter(ScriptedUpstream(Self.refused), keys: ["sk-a", "sk-b"])
        test.clock.advance(by: .seconds(1))
        _ = await test.mint()
        for _ in 0..<4 {
            test.clock.advance(by: .seconds(1))
            _ = await test.mint()
        }
        #expect(test.received.dropFirst(2).sorted() == ["Bearer sk-a", "Bearer sk-a", "Bearer sk-b", "Bearer sk-b"])
    }

    @Test func `is tried at once after a reload, and forgotten when the settings no longer have it`() async {
        let test = TestMinter(ScriptedUpstream(Self.refused, .minted), keys: ["sk-a", "sk-b"])
        _ = await test.mint()
        test.state.keys.adopt(test.minter.keys, now: test.clock.surroundings.monotonicNanoseconds())
        test.upstream.answer(Self.refused, .minted)
        _ = await test.mint()
        #expect(test.received == ["Bearer sk-a", "Bearer sk-b", "Bearer sk-a", "Bearer sk-b"])
        test.state.keys.adopt([], now: test.clock.surroundings.monotonicNanoseconds())
        #expect(test.notices.count == 2 && test.notices[1].contains("no longer in the settings"))
    }

    @Test func `is not one that is forbidden something, which is reported at most every ten minutes`() async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(403)), .minted), keys: ["sk-a", "sk-b"])
        for _ in 0..<3 {
            test.upstream.answer(.answer(.error(403)), .minted)
            _ = await Self.mints(2, test)
        }
        #expect(Set(test.received) == ["Bearer sk-a"])
        #expect(test.notices.count == 2 && test.notices[0].contains("forbids") && test.notices[1].contains("again"))
        test.clock.advance(by: .seconds(600))
        test.upstream.answer(.answer(.error(403)))
        _ = await test.mint()
        #expect(test.notices.count == 3)
    }

    @Test func `is not one that is forbidden something, which no answer to an earlier request ends`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .minted)))
        let earlier = Task { await test.mint() }
        await gate.waitForArrivals(1)
        test.clock.advance(by: .seconds(1))
        test.upstream.answer(.answer(.error(403)))
        _ = await test.mint()
        gate.open()
        #expect(await earlier.value.code == nil)
        #expect(test.notices.count == 1 && test.emergencies.active.map(\.kind) == [.permission])
        test.upstream.answer(.minted)
        _ = await test.mint()
        #expect(test.notices.count == 2 && test.emergencies.active.isEmpty)
    }
}

@Suite struct `An upstream that fails` {
    @Test(
        arguments: [
            (.failure(.cannotConnect("no route")), "upstream_error", "(cannot_connect, no route)"),
            (.failure(.timedOut), "upstream_timeout", "(timed_out)"),
            (.answer(.error(503, code: "overloaded", message: "private")), "upstream_error", "(503, overloaded)"),
        ] as [(ScriptedUpstream.Step, String, String)])
    func `is reported once, and when it works again`(step: ScriptedUpstream.Step, code: String, reason: String) async {
        let test = TestMinter(ScriptedUpstream(step))
        for _ in 0..<5 { _ = await test.mint() }
        #expect(test.notices.count == 1)
        #expect(test.notices.first?.hasPrefix("\(code): minting tokens at OpenAI fails \(reason): ") == true)
        test.upstream.answer(.minted)
        for _ in 0..<5 { _ = await test.mint() }
        #expect(test.notices.count == 2 && test.notices.last?.contains("works again, after") == true)
    }

    @Test func `and works by turns is reported no more than once a minute`() async {
        let test = TestMinter(ScriptedUpstream(.failure(.timedOut)))
        for _ in 0..<30 {
            test.upstream.answer(.failure(.timedOut))
            _ = await test.mint()
            test.upstream.answer(.minted)
            _ = await test.mint()
            test.clock.advance(by: .seconds(6))
        }
        #expect(test.notices.count == 2 * 3, "\(test.notices)")
    }

    @Test func `is not reported for what a retry helps`() async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(500)), .minted))
        _ = await test.mint()
        #expect(test.notices.isEmpty)
    }
}

import EphemeraldCore
import HTTP
import Testing
import Text

@Suite struct `Several keys` {
    private static let quota = Response.error(429, code: "insufficient_quota")

    @Test(arguments: [
        .error(401, code: "invalid_api_key"), .error(401), Response(.unauthorized), quota,
        .error(429, code: "credit_balance_exhausted"),
    ])
    func `are tried in order when one is refused or used up`(answer: Response) async {
        let test = TestMinter(
            ScriptedUpstream(.answer(answer), .answer(answer), .minted), keys: ["sk-a", "sk-b", "sk-c", "sk-d"])
        #expect(await test.mint().value == "ek_one")
        #expect(test.received == ["Bearer sk-a", "Bearer sk-b", "Bearer sk-c"])
        #expect(test.clock.sleeps.isEmpty)
    }

    @Test(
        arguments: [
            .error(403), .error(400, code: "unknown_parameter"), .error(404), .error(422),
            .error(429, code: "slow_down"),
            .error(429, code: "rate_limit_exceeded"),
            // The status alone says nothing of the account.
            .error(400, code: "insufficient_quota"),
        ] as [Response])
    func `are not tried when the answer is none of the key's`(answer: Response) async {
        let test = TestMinter(ScriptedUpstream(.answer(answer)), keys: ["sk-a", "sk-b"])
        #expect(await test.mint().value == nil)
        #expect(test.received == ["Bearer sk-a"])
    }

    @Test(arguments: [(Response.error(401), "upstream_auth"), (quota, "upstream_quota")])
    func `that all fail end with what the last one met`(last: Response, code: String) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(401)), .answer(last)), keys: ["sk-a", "sk-b"])
        #expect(await test.mint().code == code)
        #expect(test.received == ["Bearer sk-a", "Bearer sk-b"])
    }

    @Test func `begin with the first for every request`() async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(500)), .minted), keys: ["sk-a", "sk-b"])
        _ = await test.mint()
        _ = await test.mint()
        #expect(test.received == ["Bearer sk-a", "Bearer sk-a", "Bearer sk-a"])
    }

    @Test func `share the retries of one request`() async {
        let test = TestMinter(
            ScriptedUpstream(.answer(.error(500)), .answer(.error(401)), .answer(.error(500))), keys: ["sk-a", "sk-b"])
        #expect(await test.mint().code == "upstream_error")
        #expect(test.received == ["Bearer sk-a", "Bearer sk-a", "Bearer sk-b", "Bearer sk-b"])
        #expect(test.clock.sleeps.count == 2)
    }

    @Test func `are tried no longer than the deadline lasts`() async {
        let test = TestMinter(
            ScriptedUpstream(.after(.seconds(6), .answer(.error(401)))), keys: ["sk-a", "sk-b", "sk-c"])
        #expect(await test.mint().value == nil)
        #expect(test.upstream.requests.map(\.timeout) == [.seconds(10), .seconds(4)])
    }
}

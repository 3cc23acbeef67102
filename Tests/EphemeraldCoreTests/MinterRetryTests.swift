import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A retry` {
    @Test(arguments: [408, 409, 500, 502, 503, 504])
    func `follows an answer that says something passing, twice at most`(status: Int) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(status))))
        #expect(await test.mint().code == "upstream_error")
        #expect(test.upstream.requests.count == 3)
        let lucky = TestMinter(ScriptedUpstream(.answer(.error(status)), .answer(.error(status)), .minted))
        #expect(await lucky.mint().value == "ek_one")
        #expect(Set(lucky.upstream.requests.map(\.body)).count == 1)
    }

    @Test(arguments: [TransferFailure.cannotConnect("refused"), .broken("reset")])
    func `follows a connection that failed`(failure: TransferFailure) async {
        let test = TestMinter(ScriptedUpstream(.failure(failure), .minted))
        #expect(await test.mint().value == "ek_one")
        #expect(test.upstream.requests.count == 2)
    }

    @Test(arguments: [
        (400, "upstream_rejected"), (401, "upstream_auth"), (402, "upstream_rejected"), (403, "upstream_auth"),
        (404, "upstream_not_found"), (405, "upstream_rejected"), (413, "upstream_rejected"), (422, "upstream_rejected"),
        (429, "upstream_rate_limited"), (100, "upstream_error"), (201, "upstream_error"), (204, "upstream_error"),
        (301, "upstream_error"), (307, "upstream_error"), (501, "upstream_error"), (505, "upstream_error"),
        (999, "upstream_error"),
    ])
    func `does not follow any other status`(status: Int, code: String) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(status))))
        let failure = await test.mint().failure
        #expect(failure?.refusal.code == code)
        #expect(failure?.report?.status == status)
        #expect(test.upstream.requests.count == 1)
        #expect(test.clock.sleeps.isEmpty)
    }

    @Test(
        arguments: [
            (.timedOut, "upstream_timeout"), (.tls("bad certificate"), "upstream_error"),
            (.tooLarge, "upstream_error"), (.cancelled, "shutting_down"),
        ] as [(TransferFailure, String)])
    func `does not follow a transfer that would fail again`(failure: TransferFailure, code: String) async {
        let test = TestMinter(ScriptedUpstream(.failure(failure)))
        #expect(await test.mint().code == code)
        #expect(test.upstream.requests.count == 1)
    }

    @Test(
        arguments: [
            (0, .milliseconds(250), .milliseconds(500)), (0xFFFF, .milliseconds(125), .milliseconds(250)),
            (.max, .milliseconds(125), .milliseconds(250)), (0x8000, .milliseconds(188), .milliseconds(375)),
        ] as [(UInt128, Duration, Duration)])
    func `comes after a pause that grows, less a random part`(bits: UInt128, first: Duration, second: Duration) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(500))))
        test.clock.draw(bits)
        _ = await test.mint()
        #expect(test.clock.sleeps == [first, second])
    }

    @Test(
        arguments: [
            (["Retry-After": "2"], .seconds(2)), (["retry-after": "0"], .zero), (["Retry-After": "1.5"], .seconds(1.5)),
            (["retry-after-ms": "40"], .milliseconds(40)),
            (["Retry-After": "3", "retry-after-ms": "40"], .milliseconds(40)),
            (["Retry-After": "3", "retry-after-ms": "-1"], .seconds(3)),
            (["Retry-After": "3", "retry-after-ms": "soon"], .seconds(3)),
            (["Retry-After": "-1"], .milliseconds(250)), (["Retry-After": "nan"], .milliseconds(250)),
            (["Retry-After": "Sun, 22 Nov 2026 12:00:05 GMT"], .milliseconds(250)),
            (["Retry-After": ""], .milliseconds(250)), ([:], .milliseconds(250)),
        ] as [(Fields, Duration)])
    func `waits as long as the upstream says`(fields: Fields, pause: Duration) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(503, fields: fields)), .minted))
        test.clock.draw(0)
        #expect(await test.mint().value == "ek_one")
        #expect(test.clock.sleeps == [pause])
    }

    @Test(arguments: ["10", "11", "3600", "1e300", "inf"])
    func `is left out if the upstream says to wait beyond the deadline`(seconds: String) async {
        let test = TestMinter(ScriptedUpstream(.answer(.error(503, fields: ["Retry-After": seconds]))))
        #expect(await test.mint().code == "upstream_error")
        #expect(test.upstream.requests.count == 1)
        #expect(test.clock.sleeps.isEmpty)
    }

    @Test func `has what is left of the deadline`() async {
        let test = TestMinter(ScriptedUpstream(.after(.seconds(3), .answer(.error(500)))))
        test.clock.draw(0)
        #expect(await test.mint().code == "upstream_error")
        #expect(test.upstream.requests.map(\.timeout) == [.seconds(10), .milliseconds(6_750), .milliseconds(3_250)])
    }

    @Test func `is left out when the deadline is near`() async {
        let test = TestMinter(ScriptedUpstream(.after(.seconds(5), .answer(.error(500)))))
        #expect(await test.mint().code == "upstream_error")
        #expect(test.upstream.requests.count == 2)
    }

    @Test func `is left out when the caller has gone in the meantime`() async {
        let gate = Gate()
        let test = TestMinter(ScriptedUpstream(.afterGate(gate, .answer(.error(500)))))
        let mint = Task { await test.mint() }
        await gate.waitForArrivals(1)
        mint.cancel()
        #expect(await mint.value.code == "shutting_down")
        #expect(test.upstream.requests.count == 1)
    }
}

@Suite struct `A rate limit of the upstream` {
    @Test(
        arguments: [
            (["Retry-After": "7"], "7"), (["retry-after-ms": "1500"], "2"), (["Retry-After": "86400"], "3600"),
            ([:], "1"), (["Retry-After": "Sun, 22 Nov 2026 12:00:05 GMT"], "1"), (["Retry-After": "0.2"], "1"),
        ] as [(Fields, String)])
    func `is handed on with its wait`(fields: Fields, seconds: String) async throws {
        let answer = Response.error(429, code: "rate_limit_exceeded", message: "canary", fields: fields)
        let test = try TestService(ScriptedUpstream(.answer(answer)))
        let response = await test.respond(to: .token())
        #expect(response.status == .tooManyRequests)
        #expect(response.json["code"]?.stringValue == "upstream_rate_limited")
        #expect(response.fields.values(of: "Retry-After") == [seconds])
        #expect(!response.text.contains("canary"))
        #expect(test.upstream.requests.count == 1)
    }
}

import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing
import Text

@Suite struct `The report of an upstream's error` {
    private static let hexadecimal = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

    private static func report(_ body: String, keys: [String] = ["sk-a"]) async -> UpstreamReport? {
        let answer = Response(.badRequest, fields: ["x-request-id": "req_7"], body: Array(body.utf8))
        return await TestMinter(ScriptedUpstream(.answer(answer)), keys: keys).mint().failure?.report
    }

    @Test(arguments: [
        (#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#, "c", "m"),
        (#"{"error":{"message":"m","type":"t","code":null}}"#, "t", "m"),
        (#"{"message":"m","type":"t","code":"c"}"#, "c", "m"), (#"{"message":"m","type":"t"}"#, "t", "m"),
        (#"{"error":"m"}"#, nil, nil), (#"{"error":{"message":["m"],"code":404}}"#, nil, nil), ("{}", nil, nil),
        ("<html>", nil, nil), ("", nil, nil), (#"{"error":{"message":"m""#, nil, nil), ("[]", nil, nil),
        (#"{"error":{"message":"# + String(repeating: "[", count: 100_000), nil, nil),
    ])
    func `is read with the wrapper and without`(body: String, code: String?, message: String?) async throws {
        let report = try #require(await Self.report(body))
        #expect(report.status == 400)
        #expect(report.requestID == "req_7")
        #expect(report.code == code)
        #expect(report.message == message)
    }

    @Test(arguments: [
        ("sk-proj-abcdefghijklmnop", "Incorrect API key provided: sk-proj-abcdefghijklmnop."),
        ("sk-proj-abcdefghijklmnop", "Incorrect API key provided: sk-proj-********mnop."),
        ("sk-proj-abcdefghijklmnop", "Incorrect API key provided: sk-proj-abcdef...mnop."),
        ("sk-proj-abcdefghijklmnop", "bad key (Bearer\tsk-proj-abcdefghijklmnop)"),
        ("sk-proj-abcdefghijklmnop", #"bad key "abcdefghijklmnop""#),
        (hexadecimal, "bad key \(hexadecimal)"), (hexadecimal, "bad key=\(hexadecimal),"),
        (hexadecimal, "bad key 0f1e2d3c..., see the portal"), (hexadecimal, "bad key 0f1e2d3c4b5a6978"),
        (hexadecimal, "bad key ending in …a5b4c3d2e1f0"), (hexadecimal, "bad key 0f1e****"),
        ("two words of a key", "bad key two words of a key"),
    ])
    func `hides a key that is quoted, whole or in part`(key: String, message: String) async throws {
        let body: JSONObject = ["message": .string(message), "code": .string(message), "type": .string(message)]
        let text = JSON.object(["error": .object(body)]).description
        let report = try #require(await Self.report(text, keys: ["other-key-of-ours", key]))
        for text in [report.message, report.code, report.summary] {
            let text = try #require(text)
            #expect(text.contains("<redacted>"))
            #expect(text.contains("key"))
            let pieces = key.indices.compactMap { key[$0...].count >= 8 ? key[$0...].prefix(8) : nil }
            #expect(!pieces.contains { text.contains($0) })
        }
    }

    @Test(
        arguments: [
            (.error(404, code: "model_not_found"), "the upstream does not know the model gpt-realtime-2.1"),
            (.error(404, code: "DeploymentNotFound"), "the upstream does not know the model gpt-realtime-2.1"),
            (.error(404, code: "404"), "there is nothing at https://api.openai.test/v1/realtime/client_secrets"),
            (Response(.notFound), "there is nothing at https://api.openai.test/v1/realtime/client_secrets"),
            (.error(400, code: "model_not_found"), nil), (.error(403), nil), (.error(500), nil),
        ] as [(Response, String?)])
    func `says after a 404 what to look at, the base URL or the model`(answer: Response, advice: String?) async throws {
        let report = try #require(await TestMinter(ScriptedUpstream(.answer(answer))).mint().failure?.report)
        #expect(report.advice?.hasPrefix(advice ?? "-") == (advice == nil ? nil : true))
        guard let text = report.advice else { return }
        #expect(text.contains("OPENAI_BASE_URL"))
        #expect(text.contains("model"))
        #expect(report.summary.contains(text))
        let test = try TestService(ScriptedUpstream(.answer(answer)))
        let response = await test.respond(to: .token())
        #expect(response.status == .badGateway)
        #expect(response.json["code"] == "upstream_not_found")
        #expect(!response.text.contains("api.openai.test"))
        #expect(try test.lastUse["ephemerald.upstream.advice"]?.stringValue == text)
    }

    @Test func `hides all keys, not only the one that was sent`() async throws {
        let report = await Self.report(
            #"{"error":{"message":"neither first-secret nor second-secret will do","code":"c"}}"#,
            keys: ["first-secret", "second-secret"])
        #expect(report?.message == "neither <redacted> nor <redacted> will do")
    }

    @Test func `leaves a message alone that quotes none`() async throws {
        let message = "Invalid value: 'onyx'. Supported values are: 'alloy', 'ash', and 'cedar'."
        let report = await Self.report(#"{"error":{"message":"\#(message)"}}"#, keys: [Self.hexadecimal, "short"])
        #expect(report?.message == message)
    }

    @Test func `is one harmless line`() async throws {
        let text = #"\u001b[31m\n\u202e"# + String(repeating: "x", count: 10_000)
        let report = try #require(await Self.report(#"{"error":{"message":"\#(text)","code":"\#(text)"}}"#))
        #expect(report.summary.count < 1_000)
        #expect(!report.summary.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }
}

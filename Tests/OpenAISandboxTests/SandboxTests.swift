import Foundation
import HTTP
import JSON
import Locking
import OpenAISandbox
import Sessions
import Testing

/// The stand-in for OpenAI's mint, called without a socket.
@Suite struct `The sandbox` {
    private static let sessions = SessionCatalog.load(
        directory: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("sessions").path,
        today: Day(2026, 11, 22))
    private static let mintable = #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#

    private static func sandbox(fault: Fault? = nil) -> Sandbox {
        Sandbox(fault: fault, unixSeconds: { 1_000 }, sleep: { _ in })
    }

    private static func request(
        _ body: String = mintable, path: String = "/v1/realtime/client_secrets", method: Method = .post,
        fields: Fields = ["Authorization": "Bearer sk-sandbox", "Content-Type": "application/json"]
    ) -> Request {
        Request(method: method, target: path, fields: fields, body: Array(body.utf8), peer: .unix)
    }

    @Test(arguments: ["default", "transcription", "translation"])
    func `mints for every session that is shipped`(name: String) async throws {
        let session = try #require(Self.sessions.catalog.session(named: name))
        let path = try #require(session.kind.mintPath)
        let sandbox = Self.sandbox()
        let response = await sandbox.respond(
            to: Self.request(String(decoding: session.body, as: UTF8.self), path: "/v1/\(path)"))
        #expect(response.status == .ok)
        let answer = try JSON(parsing: response.body)
        #expect(answer["value"]?.stringValue?.hasPrefix("ek_sandbox") == true)
        #expect(answer["expires_at"]?.numberValue?.integer == 1_000 + session.expiresAfterSeconds)
        #expect(answer["session"]?["id"]?.stringValue?.hasPrefix("sess_") == true)
        #expect(response.fields["x-request-id"]?.hasPrefix("req_") == true)
        #expect(sandbox.current.mints == 1)
        #expect(sandbox.current.refusals == 0)
    }

    @Test(arguments: [(Method.post, Status.badRequest), (.options, .noContent)])
    func `refuses the calls of pages with an answer that they can read`(method: Method, status: Status) async throws {
        let answer = await Self.sandbox().respond(
            to: Self.request(
                "v=0", path: "/v1/realtime/calls", method: method,
                fields: ["Authorization": "Bearer ek_sandbox", "Content-Type": "application/sdp"]))
        #expect(answer.status == status)
        #expect(answer.fields["Access-Control-Allow-Origin"] == "*")
        #expect(answer.fields["Access-Control-Allow-Headers"] == "authorization, content-type")
        guard method == .post else { return }
        #expect(try JSON(parsing: answer.body)["error"]?["code"] == "sandbox_takes_no_calls")
    }

    @Test func `mints another secret every time`() async {
        let sandbox = Self.sandbox()
        var bodies: Set<[UInt8]> = []
        for _ in 0..<20 { bodies.insert(await sandbox.respond(to: Self.request()).body) }
        #expect(bodies.count == 20)
        #expect(sandbox.current.mints == 20)
    }

    @Test(arguments: [
        ("modalities", #"["audio","text"]"#), ("voice", #""alloy""#), ("speed", "1"), ("temperature", "0.8"),
        ("input_audio_format", #""pcm16""#), ("output_audio_format", #""pcm16""#), ("turn_detection", "null"),
        ("input_audio_transcription", #"{"model":"whisper-1"}"#), ("max_response_output_tokens", "4096"),
        ("input_audio_noise_reduction", "null"), ("Instructions", #""x""#), ("name", #""x""#),
    ])
    func `refuses the legacy shape with OpenAI's message`(member: String, value: String) async throws {
        let sandbox = Self.sandbox()
        let body = #"{"session":{"type":"realtime","model":"gpt-realtime-2.1","\#(member)":\#(value)}}"#
        let response = await sandbox.respond(to: Self.request(body))
        #expect(response.status == .badRequest)
        #expect(
            try JSON(parsing: response.body) == [
                "error": [
                    "message": .string("Unknown parameter: 'session.\(member)'."), "type": "invalid_request_error",
                    "param": .string("session.\(member)"), "code": "unknown_parameter",
                ]
            ])
        #expect(sandbox.current.mints == 0)
        #expect(sandbox.current.refusals == 1)
    }

    @Test(arguments: [
        ("", "invalid_json"), ("{", "invalid_json"), ("[]", "invalid_json"), ("null", "invalid_json"),
        ("{}", "missing_required_parameter"), (#"{"session":{}}"#, "missing_required_parameter"),
        (#"{"session":{"type":"realtime"},"access":{}}"#, "unknown_parameter"),
        (#"{"session":{"type":"realtime"},"answer":"full"}"#, "unknown_parameter"),
        (#"{"session":{"type":"transcription","model":"x"}}"#, "unknown_parameter"),
        (#"{"session":{"type":"realtime","output_modalities":["audio","text"]}}"#, "array_above_max_length"),
        (#"{"session":{"type":"realtime","audio":{"output":{"voice":"onyx"}}}}"#, "invalid_value"),
        (#"{"session":{"type":"realtime","audio":{"output":{"speed":1.6}}}}"#, "decimal_above_max_value"),
        (#"{"session":{"type":"realtime","tools":{}}}"#, "invalid_type"),
        (#"{"session":{"type":"realtime","tools":[{"type":"function","name":"a b"}]}}"#, "invalid_value"),
        (
            #"{"session":{"type":"realtime","audio":{"input":{"transcription":{"language":"de","languages":["de"]}}}}}"#,
            "invalid_value"
        ),
        (
            #"{"session":{"type":"realtime","audio":{"input":{"transcription":{"model":"whisper-1","keywords":[]}}}}}"#,
            "invalid_value"
        ),
        (
            #"{"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":9}}"#,
            "integer_below_min_value"
        ),
    ])
    func `refuses what OpenAI refuses`(body: String, code: String) async throws {
        let response = await Self.sandbox().respond(to: Self.request(body))
        #expect(response.status == .badRequest)
        #expect(try JSON(parsing: response.body)["error"]?["code"]?.stringValue == code)
    }

    @Test(arguments: ["", #","turn_detection":{"type":"server_vad"}"#])
    func `refuses turn detection with OpenAI's message if the model does not support it`(detection: String) async throws
    {
        let input = #"{"transcription":{"model":"gpt-live-transcribe"}\#(detection)}"#
        let body = #"{"session":{"type":"transcription","audio":{"input":\#(input)}}}"#
        let response = await Self.sandbox().respond(to: Self.request(body))
        #expect(response.status == .badRequest)
        let error = try JSON(parsing: response.body)["error"]
        #expect(error?["message"] == "Turn detection is not supported for this transcription model.")
        #expect(error?["param"] == "session.audio.input.turn_detection")
        #expect(error?["code"] == "invalid_value")
    }

    @Test func `judges a translation by its own shape`() async {
        let sandbox = Self.sandbox()
        let path = "/v1/realtime/translations/client_secrets"
        #expect(await sandbox.respond(to: Self.request(path: path)).status == .badRequest)
        let body = #"{"session":{"model":"gpt-realtime-translate"}}"#
        #expect(await sandbox.respond(to: Self.request(body, path: path)).status == .ok)
        #expect(await sandbox.respond(to: Self.request(body)).status == .badRequest)
    }

    @Test(
        arguments: [
            [:], ["Authorization": "Bearer "], ["Authorization": "Bearer"], ["Authorization": "sk-sandbox"],
            ["Authorization": "Basic c2s6"], ["api-key": ""],
        ] as [Fields])
    func `refuses requests without a key`(fields: Fields) async throws {
        var fields = fields
        fields.append("Content-Type", "application/json")
        let sandbox = Self.sandbox()
        let response = await sandbox.respond(to: Self.request(fields: fields))
        #expect(response.status == .unauthorized)
        #expect(try JSON(parsing: response.body)["error"]?["code"] == "invalid_api_key")
        #expect(sandbox.current.mints == 0)
        #expect(sandbox.current.refusals == 1)
    }

    @Test(
        arguments: [
            (["api-key": "k", "Content-Type": "application/json; charset=utf-8"], nil),
            (["Authorization": "Bearer k"], "unsupported_content_type"),
            (["Authorization": "Bearer k", "Content-Type": "text/plain"], "unsupported_content_type"),
            (
                ["Authorization": "Bearer k", "Content-Type": "application/json", "OpenAI-Beta": "realtime=v1"],
                "beta_api_shape_disabled"
            ),
        ] as [(Fields, String?)])
    func `checks the header fields`(fields: Fields, code: String?) async throws {
        let response = await Self.sandbox().respond(to: Self.request(fields: fields))
        #expect(response.status == (code == nil ? .ok : .badRequest))
        #expect(try JSON(parsing: response.body)["error"]?["code"]?.stringValue == code)
    }

    @Test(arguments: [
        (Method.get, "/v1/realtime/client_secrets"), (.post, "/v1/realtime/sessions"), (.post, "/"),
        (.post, "/v1/realtime/client_secrets/"), (.post, "/v1/sandbox"),
    ])
    func `mints on no other path`(method: Method, path: String) async throws {
        let response = await Self.sandbox().respond(to: Self.request(path: path, method: method))
        #expect(response.status == .notFound)
    }

    @Test func `reports its counts`() async {
        let sandbox = Self.sandbox()
        _ = await sandbox.respond(to: Self.request())
        _ = await sandbox.respond(to: Self.request("{}"))
        _ = await sandbox.respond(to: Self.request("[]"))
        let report = await sandbox.respond(to: Request(method: .get, target: "/v1/sandbox", peer: .unix))
        #expect(String(decoding: report.body, as: UTF8.self) == #"{"mints":1,"calls":0,"hang_ups":0,"refusals":2}"#)
    }

    @Test func `waits for the latency`() async {
        let slept = Locked<[Duration]>([])
        let sandbox = Sandbox(
            latency: .milliseconds(300), unixSeconds: { 0 }, sleep: { time in slept.withLock { $0.append(time) } })
        #expect(await sandbox.respond(to: Self.request()).status == .ok)
        #expect(await sandbox.respond(to: Self.request("{}")).status == .badRequest)
        _ = await sandbox.respond(to: Request(method: .get, target: "/v1/sandbox", peer: .unix))
        #expect(slept.withLock { $0 } == [.milliseconds(300), .milliseconds(300)])
    }
}

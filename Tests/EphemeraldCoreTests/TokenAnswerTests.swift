import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A token answer` {
    private static let echo: JSONObject = [
        "id": "sess_1", "model": "gpt-realtime-2.1-2026", "instructions": "canary-instructions",
        "tools": [["type": "mcp", "authorization": "canary-tool"]], "name": "evil", "type": "evil",
    ]

    @Test func `holds the secret twice, the session in brief and where to send the offer`() async throws {
        let test = try TestService(ScriptedUpstream(.answer(.minted(session: Self.echo))))
        let response = await test.respond(to: .token())
        #expect(response.status == .ok)
        #expect(response.fields.values(of: "Content-Type") == ["application/json"])
        #expect(
            response.text
                == #"{"value":"ek_one","expires_at":1795349400,"#
                + #""client_secret":{"value":"ek_one","expires_at":1795349400},"#
                + #""session":{"id":"sess_1","name":"default","type":"realtime","model":"gpt-realtime-2.1-2026"},"#
                + #""calls_url":"https://api.openai.test/v1/realtime/calls"}"#)
        #expect(!response.text.contains("canary"))
    }

    @Test func `says that it is the sandbox's`() async throws {
        let test = try TestService { $0.upstream.isSandbox = true }
        #expect(await test.respond(to: .token()).json["sandbox"] == true)
    }

    @Test func `holds the upstream's whole session when the file says so`() async throws {
        let test = try TestService(ScriptedUpstream(.answer(.minted(session: Self.echo))))
        let session = try #require(await test.respond(to: .token(query: "?session=full")).json["session"])
        #expect(session["instructions"] == "canary-instructions")
        #expect(session["tools"]?.arrayValue?.count == 1)
        #expect(session["name"] == "full")
        #expect(session["type"] == "realtime")
        #expect(session["id"] == "sess_1")
    }

    @Test(arguments: [
        (
            #"{"value":"x","expires_at":5}"#, "default",
            #"{"name":"default","type":"realtime","model":"gpt-realtime-2.1"}"#
        ),
        (#"{"value":"x","expires_at":5}"#, "transcribe", #"{"name":"transcribe","type":"transcription"}"#),
        (
            #"{"value":"x","expires_at":5,"session":null}"#, "full",
            #"{"name":"full","type":"realtime","model":"gpt-realtime-2.1"}"#
        ),
        (
            #"{"value":"x","expires_at":5,"session":[1]}"#, "full",
            #"{"name":"full","type":"realtime","model":"gpt-realtime-2.1"}"#
        ),
        (
            #"{"value":"x","expires_at":5,"session":{"id":7,"model":{}}}"#, "default",
            #"{"name":"default","type":"realtime","model":"gpt-realtime-2.1"}"#
        ),
        (
            #"{"value":"x","expires_at":5,"session":{"id":"s","model":null}}"#, "default",
            #"{"id":"s","name":"default","type":"realtime","model":"gpt-realtime-2.1"}"#
        ),
    ])
    func `does without what the upstream does not say`(upstream: String, name: String, session: String) async throws {
        let test = try TestService(ScriptedUpstream(.answer(Response(.ok, body: Array(upstream.utf8)))))
        let response = await test.respond(to: .token(query: "?session=\(name)"))
        #expect(response.status == .ok)
        #expect(response.json["value"] == "x")
        #expect(response.json["session"] == (try JSON(parsing: Array(session.utf8))))
    }

    @Test(arguments: [
        ("default", "https://api.openai.test/v1/realtime/client_secrets", "https://api.openai.test/v1/realtime/calls"),
        (
            "transcribe", "https://api.openai.test/v1/realtime/client_secrets",
            "https://api.openai.test/v1/realtime/calls"
        ),
        (
            "translate", "https://api.openai.test/v1/realtime/translations/client_secrets",
            "https://api.openai.test/v1/realtime/translations/calls"
        ),
    ])
    func `names the URLs of its kind of session`(name: String, mint: String, calls: String) async throws {
        let test = try TestService()
        let response = await test.respond(to: .token(query: "?session=\(name)"))
        #expect(test.upstream.requests.map(\.url) == [mint])
        #expect(response.json["calls_url"]?.stringValue == calls)
    }

    @Test(arguments: ["default", "translate"])
    func `names CALLS_URL when it is set`(name: String) async throws {
        let test = try TestService { $0.upstream.callsURL = "https://edge.example/calls?webrtcfilter=on" }
        let response = await test.respond(to: .token(query: "?session=\(name)"))
        #expect(response.json["calls_url"] == "https://edge.example/calls?webrtcfilter=on")
    }

    @Test func `is minted again for every request`() async throws {
        let test = try TestService(ScriptedUpstream(.answer(.minted("ek_a")), .answer(.minted("ek_b"))))
        #expect(await test.respond(to: .token()).json["value"] == "ek_a")
        #expect(await test.respond(to: .token()).json["value"] == "ek_b")
        #expect(test.upstream.requests.count == 2)
    }

    @Test(arguments: [
        "", "<html>canary</html>", "null", "[]", #""ek_canary""#, "{}", #"{"value":"ek_canary"}"#,
        #"{"expires_at":5}"#, #"{"value":"","expires_at":5}"#, #"{"value":7,"expires_at":5}"#,
        #"{"value":null,"expires_at":5}"#, #"{"value":"ek_canary","expires_at":"5"}"#,
        #"{"value":"ek_canary","expires_at":5.5}"#, #"{"value":"ek_canary","expires_at":1e9}"#,
        #"{"value":"ek_canary","expires_at":99999999999999999999}"#, #"{"value":"ek_canary","expires_at":null}"#,
        #"{"value":"ek_canary","expires_at":253402300800}"#, #"{"value":"ek_canary","expires_at":-1}"#,
        #"{"value":"ek_canary","expires_at":9223372036854775807}"#,
        #"{"client_secret":{"value":"ek_canary","expires_at":5}}"#, #"{"value":"ek_canary","expires_at":5"#,
        #"{"value":"ek_canary","expires_at":5}x"#, #"{"value":"ek_canary","value":"ek_two","expires_at":5}"#,
        "\u{FEFF}" + #"{"value":"ek_canary","expires_at":5}"#,
        #"{"value":"ek_canary","expires_at":5,"session":"# + String(repeating: "[", count: 100_000),
        #"{"value":"ek_canary","expires_at":5,"session":"# + String(repeating: #"{"a":"#, count: 40_000),
    ])
    func `is not made of an answer that cannot be read`(body: String) async throws {
        for session in ["default", "full"] {
            let test = try TestService(
                ScriptedUpstream(.answer(Response(.ok, fields: ["x-request-id": "req_9"], body: Array(body.utf8)))))
            let response = await test.respond(to: .token(query: "?session=\(session)"))
            #expect(response.status == .badGateway)
            #expect(response.json["code"] == "upstream_error")
            #expect(!response.text.contains("canary"))
            #expect(!test.usage.joined().contains("canary"))
            let use = try test.lastUse
            #expect(use["ephemerald.upstream.error.code"] == "unreadable_answer")
            #expect(use["ephemerald.upstream.request.id"] == "req_9")
            #expect(test.upstream.requests.count == 1)
        }
    }
}

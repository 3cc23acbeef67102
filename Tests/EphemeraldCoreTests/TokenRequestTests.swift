import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A token request` {
    @Test(arguments: [
        ("", "", "default"), ("{}", "", "default"), (" {\r\n} ", "", "default"), (#"{"session":"full"}"#, "", "full"),
        ("", "?session=full", "full"), ("{}", "?session=full", "full"),
        (#"{"session":"full"}"#, "?session=full", "full"),
        ("", "?", "default"), ("", "?&&", "default"), ("", "?a=b&session=full&c", "full"),
        ("", "?Session=full", "default"), ("", "?sessions=full", "default"), ("", "?xsession=full", "default"),
        (#"{"overrides":{},"variables":{}}"#, "", "default"), (#"{"session":"full","overrides":{}}"#, "", "full"),
    ])
    func `names its session in the body or in the query`(body: String, query: String, name: String) async throws {
        let response = try await TestService().respond(to: .token(body, query: query))
        #expect(response.status == .ok)
        #expect(response.json["session"]?["name"]?.stringValue == name)
    }

    @Test(arguments: ["application/json", "text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
    func `is read whatever its content type says`(type: String) async throws {
        let test = try TestService()
        let request = Request.token(#"{"session":"full"}"#, fields: ["Content-Type": type])
        #expect(await test.respond(to: request).json["session"]?["name"] == "full")
    }

    @Test func `without an origin is admitted when the settings admit it, but to no session that names some`()
        async throws
    {
        let test = try TestService { try $0.allowMissingOrigin() }
        #expect(await test.respond(to: .token(origin: nil)).status == .ok)
        let body = #"{"session":"shop","variables":{"customer":"Ann"}}"#
        #expect(await test.respond(to: .token(body, origin: nil)).status == .forbidden)
        #expect(test.upstream.requests.count == 1)
    }

    @Test(arguments: [
        (#"{"variables":{"a":["#, "1,", 4_092, "1]}}", "is not a variable of this session."),
        (#"{"variables":{"a":["#, "1,", 4_093, "1]}}", "the text has too many values."),
        (#"{"variables":"#, "[", 63, "", "expected a value, found the end of the text."),
        (#"{"variables":"#, "[", 64, "", "nested deeper than 64 levels."),
    ])
    func `may have 4096 values and 64 levels`(
        start: String, part: String, count: Int, end: String, reason: String
    ) async throws {
        let body = start + String(repeating: part, count: count) + end
        let response = try await TestService().respond(to: .token(body))
        #expect(response.status == .badRequest)
        #expect(response.json["detail"]?.stringValue?.hasSuffix(reason) == true)
    }

    @Test func `is judged by its origin before its body is read`() async throws {
        let response = try await TestService().respond(to: .token("{", origin: "https://evil.example"))
        #expect(response.status == .forbidden)
    }

    @Test func `does not learn from a session's origins whether the session needs more`() async throws {
        let test = try TestService()
        let body = #"{"session":"shop","overrides":{"model":"x"}}"#
        #expect(await test.respond(to: .token(body)).status == .forbidden)
        #expect(await test.respond(to: .token(body, origin: "https://shop.example")).status == .badRequest)
    }

    @Test func `changes what the session lets it change`() async throws {
        let test = try TestService()
        let body = #"""
            {"session":"shop","variables":{"customer":"Ann \"}"},
             "overrides":{"audio.output.voice":"cedar","audio.output.speed":1.1}}
            """#
        #expect(await test.respond(to: .token(body, origin: "https://shop.example")).status == .ok)
        #expect(
            test.upstream.requests.map(\.text) == [
                #"{"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"You help Ann \"}.","#
                    + #""audio":{"output":{"voice":"cedar","speed":1.1}}},"#
                    + #""expires_after":{"anchor":"created_at","seconds":60}}"#
            ])
    }

    @Test(arguments: [400, 403, 404, 405])
    func `that is refused does not count under the limits`(status: Int) async throws {
        let test = try TestService(clientLimit: "1/h") { $0.rules.limits.all = try RateLimit.parseSetting("1/h") }
        let request: Request =
            switch status {
            case 400: .token("{")
            case 403: .token(origin: "https://evil.example")
            case 404: .token(query: "?session=nowhere")
            default: .token(method: .get)
            }
        for _ in 0..<3 { #expect(await test.respond(to: request).status.rawValue == status) }
        #expect(await test.respond(to: .token()).status == .ok)
    }
}

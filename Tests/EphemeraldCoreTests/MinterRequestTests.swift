import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A request to mint` {
    @Test(arguments: ["default", "full", "transcribe", "translate"])
    func `is the session's body and nothing else`(name: String) async throws {
        let test = TestMinter()
        #expect(await test.mint(name).value == "ek_one")
        let request = try #require(test.upstream.requests.first)
        #expect(request.method == .post)
        #expect(request.body == TestSessions.session(name).body)
        #expect(request.timeout == .seconds(10))
    }

    @Test func `sends the key as a bearer token, and no field that it does not need`() async throws {
        let test = TestMinter()
        _ = await test.mint()
        let fields: Fields = [
            "Content-Type": "application/json", "Authorization": "Bearer sk-a",
            "X-Client-Request-Id": "00000000000000000000000000000abc",
        ]
        #expect(test.upstream.requests.map(\.fields) == [fields])
    }

    @Test func `begins with the fields that all requests with the key have`() async throws {
        let test = TestMinter { $0.project = "proj_1" }
        _ = await (test.mint(), test.mint())
        let requests = test.upstream.requests
        #expect(requests.first?.common === requests.last?.common)
        for request in requests {
            let common = try #require(request.common).fields.all
            #expect(common.map(\.name) == ["Content-Type", "Authorization", "OpenAI-Project"])
            #expect(request.fields.all.starts(with: common))
        }
    }

    @Test func `names the organization and the project that are set`() async throws {
        let test = TestMinter {
            $0.organization = "org-1"
            $0.project = "proj_1"
        }
        _ = await test.mint()
        let fields = try #require(test.upstream.requests.first?.fields)
        #expect(fields.values(of: "OpenAI-Organization") == ["org-1"])
        #expect(fields.values(of: "OpenAI-Project") == ["proj_1"])
        #expect(fields["OpenAI-Beta"] == nil)
    }

    @Test func `sends the key as Azure requires it`() async throws {
        let test = TestMinter { $0.authorization = .apiKey }
        _ = await test.mint()
        let fields = try #require(test.upstream.requests.first?.fields)
        #expect(fields.values(of: "api-key") == ["sk-a"])
        #expect(fields["Authorization"] == nil)
    }

    @Test func `passes on nothing that the browser sent`() async throws {
        let test = try TestService()
        let fields: Fields = [
            "Authorization": "Bearer canary", "Cookie": "canary", "OpenAI-Beta": "realtime=v1", "User-Agent": "canary",
            "OpenAI-Safety-Identifier": "canary", "OpenAI-Organization": "canary", "traceparent": "canary",
        ]
        #expect(await test.respond(to: .token(query: "?canary=1", fields: fields)).status == .ok)
        let request = try #require(test.upstream.requests.first)
        #expect(request.url == "https://api.openai.test/v1/realtime/client_secrets")
        let names: Set = ["Content-Type", "X-Client-Request-Id", "Authorization", "OpenAI-Safety-Identifier"]
        #expect(Set(request.fields.all.map(\.name)) == names)
        #expect(!request.fields.all.contains { $0.value.contains("canary") && $0.name != "Authorization" })
        #expect(request.fields["Authorization"] == "Bearer sk-canary-key")
    }
}

@Suite struct `The trace of a request to mint` {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test(arguments: [("10.0.0.1", true, true), ("192.0.2.7", true, false), ("10.0.0.1", false, false)])
    func `is passed on if the settings say so, and only from a trusted proxy`(peer: String, isAsked: Bool, isSent: Bool)
        async throws
    {
        let test = try TestService { $0.upstream.passesTrace = isAsked }
        let fields: Fields = ["traceparent": "00-\(Self.trace)-00f067aa0ba902b7-01", "tracestate": "vendor=canary"]
        #expect(await test.respond(to: .token(fields: fields, peer: peer)).status == .ok)
        let sent = try #require(test.upstream.requests.first).fields
        let span = try test.lastUse["span_id"]?.stringValue ?? ""
        #expect(span.utf8.count == (peer == "10.0.0.1" ? 16 : 0) && span != "00f067aa0ba902b7")
        #expect(sent.values(of: "traceparent") == (isSent ? ["00-\(Self.trace)-\(span)-01"] : []))
        #expect(sent["tracestate"] == nil)
    }
}

@Suite struct `The upstream's host in the usage line` {
    @Test(arguments: [
        ("https://api.openai.com/v1", "api.openai.com", nil), ("http://127.0.0.1:4001/v1", "127.0.0.1", 4001),
        ("https://[2001:db8::1]/v1", "[2001:db8::1]", nil), ("https://[2001:db8::1]:8443/v1", "[2001:db8::1]", 8443),
        ("https://llm.example", "llm.example", nil), ("https://llm.example:443/v1", "llm.example", nil),
        ("http://llm.example:443/v1", "llm.example", 443), ("http://llm.example:80", "llm.example", nil),
    ])
    func `has its port beside it, unless that is the scheme's`(baseURL: String, host: String, port: Int?) async throws {
        let test = try TestService { $0.upstream = Upstream(baseURL: baseURL, keys: $0.upstream.keys) }
        _ = await test.respond(to: .token())
        #expect(try test.lastUse["server.address"]?.stringValue == host)
        #expect(try test.lastUse["server.port"]?.numberValue?.integer == port)
    }
}

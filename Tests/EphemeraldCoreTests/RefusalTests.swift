import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

/// A request that the service refuses by itself, and how.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let request: Request
    let status: Int
    let code: String
    var title: String
    var path: String?
    var allow: String?

    init(
        _ name: String, _ request: Request, _ status: Int, _ code: String, _ title: String, path: String? = nil,
        allow: String? = nil
    ) {
        testDescription = name
        self.request = request
        self.status = status
        self.code = code
        self.title = title
        self.path = path
        self.allow = allow
    }

    private static func invalid(_ name: String, _ body: String, _ query: String = "", path: String = "") -> Self {
        Self(name, .token(body, query: query), 400, "invalid_request", "Invalid request", path: path)
    }

    private static func stranger(_ name: String, _ request: Request) -> Self {
        Self(name, request, 403, "origin_not_allowed", "Origin not allowed")
    }

    private static func method(_ name: String, target: String = TokenService.tokenPath, allow: String) -> Self {
        let request = Request(
            method: Method(rawValue: name), target: target, fields: ["Origin": "https://app.example"], peer: .unix)
        return Self("\(name) \(target)", request, 405, "method_not_allowed", "Method not allowed", allow: allow)
    }

    private static func unknown(_ target: String) -> Self {
        Self(target, Request(method: .post, target: target, peer: .unix), 404, "not_found", "Not found")
    }

    static let origins: [Self] = [
        stranger("a stranger", .token(origin: "https://evil.example")),
        stranger("null", .token(origin: "null")),
        stranger("two origins", .token(fields: ["Origin": "https://app.example"])),
        stranger("no origin", .token(origin: nil)),
        stranger("cross-site", .token(origin: nil, fields: ["Sec-Fetch-Site": "cross-site"])),
        Self(
            "a page of another session", .token(#"{"session":"shop"}"#), 403, "origin_not_allowed",
            "Origin not allowed for this session"),
    ]

    static let routes: [Self] =
        ["GET", "HEAD", "PUT", "DELETE", "PATCH", "post", "TRACE", "CONNECT"].map {
            method($0, allow: "OPTIONS, POST")
        }
        + ["POST", "OPTIONS", "PUT", "get"].map { method($0, target: TokenService.healthPath, allow: "GET, HEAD") }
        + [
            "/", "", "*", "/api/realtime/token/", "/api/realtime/tokens", "/API/realtime/token", "//api/realtime/token",
            "/api/realtime/%74oken", "/api/h%65alth", "/api/realtime/./token", "/api/realtime/token;a",
            "/api/realtime/token#a", "http://app.example/api/realtime/token", "/api/realtime/token%3Fsession=default",
        ].map(unknown)

    static let defects: [Self] = [
        Self("malformed", .token(defect: .malformed("two Host fields")), 400, "bad_request", "Bad request"),
        Self(
            "too large", .token(defect: .bodyTooLarge(limit: 65_536)), 413, "body_too_large", "Request body too large"),
        Self(
            "a malformed preflight", .token(method: .options, defect: .malformed("x")), 400, "bad_request",
            "Bad request"),
    ]

    static let sessions: [Self] = [
        "=nowhere", "", "=", "&a=b", "=&a=b", "=Default", "=default.json", "=../default", "=default%20", "=a\u{0}",
    ].map { Self($0, .token(query: "?session\($0)"), 404, "unknown_session", "Unknown session") }

    static let bodies: [Self] = [
        invalid("no JSON", "session=default"), invalid("half", #"{"session":"#), invalid("space", " "),
        invalid("a byte order mark", "\u{FEFF}{}"), invalid("two values", "{}{}"), invalid("an array", "[]"),
        invalid("null", "null"), invalid("a string", #""default""#), invalid("a comment", "{/* */}"),
        invalid("a member twice", #"{"session":"default","session":"shop"}"#),
        invalid("nesting", String(repeating: "[", count: 60_000)),
        invalid("unknown", #"{"model":"x"}"#, path: "model"),
        invalid("a nearly known", #"{"Session":"default"}"#, path: "Session"),
        invalid("session is a number", #"{"session":1}"#, path: "session"),
        invalid("session is null", #"{"session":null}"#, path: "session"),
        invalid("session is an object", #"{"session":{"type":"realtime"}}"#, path: "session"),
        invalid("overrides is a list", #"{"overrides":[]}"#, path: "overrides"),
        invalid("overrides is null", #"{"overrides":null}"#, path: "overrides"),
        invalid("variables is a string", #"{"variables":"a"}"#, path: "variables"),
        invalid("query differs", #"{"session":"default"}"#, "?session=full", path: "session"),
        invalid("query twice", "", "?session=default&session=default", path: "session"),
        invalid("query twice, once without a value", "", "?session&session=default", path: "session"),
        invalid("a fixed member", #"{"overrides":{"model":"x"}}"#, path: "overrides.model"),
        invalid("a variable of none", #"{"variables":{"a":"b"}}"#, path: "variables.a"),
    ]

    static let all = origins + routes + defects + sessions + bodies
}

@Suite struct `A refused request` {
    @Test(arguments: RefusedRequest.all)
    func `is answered with a problem and never reaches the upstream`(_ refused: RefusedRequest) async throws {
        let test = try TestService()
        let response = await test.respond(to: refused.request)
        #expect(response.status.rawValue == refused.status)
        #expect(response.fields.values(of: "Content-Type") == ["application/problem+json"])
        #expect(response.fields.values(of: "Allow") == (refused.allow.map { [$0] } ?? []))
        #expect(response.fields["Retry-After"] == nil)
        let problem = try #require(response.json.objectValue)
        let detail = try #require(problem["detail"]?.stringValue)
        #expect(detail.hasSuffix("."))
        var expected: JSONObject = [
            "type": .string("urn:ephemerald:problem:\(refused.code)"), "title": .string(refused.title),
            "status": .number(JSONNumber(refused.status)), "detail": .string(detail), "code": .string(refused.code),
            "request_id": "00000000000000000000000000000abc", "error": .string(refused.title),
        ]
        expected["path"] = refused.path.map(JSON.string)
        #expect(problem == expected)
        #expect(test.upstream.requests.isEmpty)
        #expect(test.usage.count == 1)
        #expect(try test.lastUse["error.type"]?.stringValue == refused.code)
        #expect(try test.lastUse["http.response.status_code"]?.numberValue?.integer == refused.status)
    }

    @Test(arguments: [
        (#"{"session":"shop"}"#, "variables.customer", "variables.customer is required."),
        (#"{"session":"shop","variables":{"customer":7}}"#, "variables.customer", "must be a string"),
        (#"{"session":"shop","variables":{"customer":"12345678901"}}"#, "variables.customer", "at most 10 characters"),
        (#"{"session":"shop","variables":{"customer":"a\nb"}}"#, "variables.customer", "line breaks"),
        (#"{"session":"shop","variables":{"customer":"a","x":"b"}}"#, "variables.x", "is not a variable"),
        (
            #"{"session":"shop","variables":{"customer":"a"},"overrides":{"audio.output.voice":"onyx"}}"#,
            "overrides.audio.output.voice", #"must be "marin" or "cedar""#
        ),
        (
            #"{"session":"shop","variables":{"customer":"a"},"overrides":{"audio.output.speed":2}}"#,
            "overrides.audio.output.speed", "from 0.8 to 1.2"
        ),
        (
            #"{"session":"shop","variables":{"customer":"a"},"overrides":{"audio":{"output":{"voice":"cedar"}}}}"#,
            "overrides.audio", "may not be changed"
        ),
        (
            #"{"session":"shop","variables":{"customer":"a"},"overrides":{"instructions":"x"}}"#,
            "overrides.instructions", "may not be changed"
        ),
    ])
    func `says which member of overrides or variables is wrong`(body: String, path: String, detail: String) async throws
    {
        let test = try TestService()
        let response = await test.respond(to: .token(body, origin: "https://shop.example"))
        #expect(response.status == .badRequest)
        #expect(response.json["path"]?.stringValue == path)
        #expect(response.json["detail"]?.stringValue?.contains(detail) == true)
        #expect(test.upstream.requests.isEmpty)
    }

    @Test func `that is over a limit is answered with when to come back`() async throws {
        let test = try TestService(clientLimit: "10/min burst 1")
        #expect(await test.respond(to: .token()).status == .ok)
        let response = await test.respond(to: .token())
        #expect(response.status == .tooManyRequests)
        #expect(response.fields.values(of: "Retry-After") == ["6"])
        #expect(response.json["code"] == "rate_limited")
        #expect(response.json["detail"] == "This client has sent too many requests. Try again in 6 s.")
        #expect(test.upstream.requests.count == 1)
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "client")
        test.upstream.clock.advance(by: .seconds(6))
        #expect(await test.respond(to: .token()).status == .ok)
    }

    @Test func `above the number of mints in progress is answered with when to come back`() async throws {
        let test = try TestService { $0.upstream.maxInFlight = 0 }
        let response = await test.respond(to: .token())
        #expect(response.status == .serviceUnavailable)
        #expect(response.fields.values(of: "Retry-After") == ["1"])
        #expect(response.json["code"] == "overloaded")
        #expect(test.upstream.requests.isEmpty)
    }

    @Test(arguments: [("https://app.example", true), ("https://evil.example", false), (nil, false)])
    func `at the end of the daemon gets the last answer, which a page can read`(origin: String?, isRead: Bool) throws {
        let test = try TestService()
        let response = test.service.lastAnswer(to: .token(origin: origin))
        #expect(response.status == .serviceUnavailable)
        #expect(response.fields["Retry-After"] == "1")
        #expect(response.fields["Access-Control-Allow-Origin"] == (isRead ? origin : nil))
        #expect(response.fields["Vary"] == "Origin" && response.fields["Cache-Control"] == "no-store")
        #expect(response.json["code"] == "shutting_down")
        #expect(response.json["request_id"] == "00000000000000000000000000000abc")
        #expect(response.fields["X-Request-Id"] == "00000000000000000000000000000abc")
        #expect(test.usage.count == 1)
        let use = try test.lastUse
        #expect(use["error.type"] == "shutting_down" && use["http.route"] == "/api/realtime/token")
        #expect(use["ephemerald.request.id"] == response.json["request_id"] && use["client.address"] == "192.0.2.7")
        let metrics = Exposition.prometheus.text(test.metrics.current.families)
        #expect(metrics.contains("ephemerald_refusals_total{code=\"shutting_down\",dimension=\"\"} 1\n"))
    }

    @Test func `at the end of the daemon keeps the id that a trusted proxy gave it`() throws {
        let test = try TestService()
        let fields: Fields = ["X-Request-Id": "of-the-proxy", "X-Forwarded-For": "192.0.2.9"]
        let response = test.service.lastAnswer(to: .token(fields: fields, peer: "10.0.0.1"))
        #expect(response.fields.values(of: "X-Request-Id") == ["of-the-proxy"])
        #expect(try test.lastUse["client.address"] == "192.0.2.9")
    }
}

import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `An answer of the token route` {
    private static let expose = "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"

    /// Requests of an allowed page, with every kind of answer.
    private static let ownRequests: [Request] =
        [.token(), .token(method: .get), .token(method: .head), .token(method: Method(rawValue: "BREW"))]
        + (RefusedRequest.defects + RefusedRequest.sessions + RefusedRequest.bodies).map(\.request)
        + [.token(#"{"session":"shop"}"#)]

    @Test(arguments: ownRequests)
    func `may be read by the page that sent the request, even if it is an error`(request: Request) async throws {
        let response = try await TestService().respond(to: request)
        #expect(response.fields.values(of: "Access-Control-Allow-Origin") == ["https://app.example"])
        #expect(response.fields.values(of: "Access-Control-Expose-Headers") == [Self.expose])
        #expect(response.fields.values(of: "Vary") == ["Origin"])
        #expect(response.fields["Access-Control-Allow-Credentials"] == nil)
    }

    @Test(arguments: [400, 401, 403, 418, 429, 500, 302])
    func `may be read by the page that sent the request, if the upstream fails`(status: Int) async throws {
        let test = try TestService(ScriptedUpstream(.answer(.error(status))))
        let response = await test.respond(to: .token())
        #expect(response.fields.values(of: "Access-Control-Allow-Origin") == ["https://app.example"])
        #expect(response.fields.values(of: "Vary") == ["Origin"])
    }

    @Test(arguments: ["https://evil.example", "https://app.example.evil.example", "http://app.example"])
    func `may be read by the page of a stranger if it says that the origin is refused`(origin: String) async throws {
        let response = try await TestService().respond(to: .token(origin: origin))
        #expect(response.status == .forbidden)
        #expect(response.json["code"] == "origin_not_allowed")
        #expect(response.fields.values(of: "Access-Control-Allow-Origin") == [origin])
        #expect(response.fields.all.filter { $0.name.hasPrefix("Access-Control-") }.count == 1)
        #expect(response.fields.values(of: "Vary") == ["Origin"])
        #expect(!response.text.contains("app.example"))
    }

    @Test(arguments: [
        ("null", [Method.post, .get]), ("https://app.example, https://evil.example", [.post, .get]),
        (nil, [.post, .get]),
        ("https://evil.example", [.get, Method(rawValue: "PUT")]),
        ("https://app.example.evil.example", [.get, Method(rawValue: "PUT")]),
    ])
    func `else may not be read by a stranger, and varies all the same`(origin: String?, methods: [Method]) async throws
    {
        for method in methods {
            let response = try await TestService().respond(to: .token(method: method, origin: origin))
            #expect(!response.fields.all.contains { $0.name.hasPrefix("Access-Control-") })
            #expect(response.fields.values(of: "Vary") == ["Origin"])
        }
        let broken = try await TestService().respond(to: .token(origin: origin, defect: .malformed("x")))
        #expect(broken.status == .badRequest)
        #expect(!broken.fields.all.contains { $0.name.hasPrefix("Access-Control-") })
        #expect(broken.fields.values(of: "Vary") == ["Origin"])
    }

    @Test(arguments: ["https://app.example", "https://evil.example", "null", nil])
    func `to OPTIONS has the fields of a preflight and no others of CORS`(origin: String?) async throws {
        let request = Request.token(
            method: .options, origin: origin, fields: ["Access-Control-Request-Method": "POST"])
        let response = try await TestService().respond(to: request)
        #expect(
            response.fields.values(of: "Vary")
                == ["Origin, Access-Control-Request-Method, Access-Control-Request-Headers"])
        #expect(response.status == (origin == "null" ? .forbidden : .noContent))
        #expect(response.fields.count(of: "Access-Control-Allow-Origin") == (Origin(origin ?? "") == nil ? 0 : 1))
        #expect(response.fields["Access-Control-Expose-Headers"] == nil)
        let cors = response.fields.all.filter { $0.name.hasPrefix("Access-Control-") }
        #expect(cors.isEmpty == (Origin(origin ?? "") == nil))
        #expect(response.body.isEmpty)
    }

    @Test(
        arguments: RefusedRequest.all.map(\.request) + [
            .token(), Request(method: .get, target: "/api/health", peer: .unix),
            .token(method: .options, fields: ["Access-Control-Request-Method": "POST"]), .token(method: .options),
        ])
    func `is kept by no cache, read as nothing else, and has a name`(request: Request) async throws {
        let response = try await TestService().respond(to: request)
        #expect(response.fields.values(of: "Cache-Control") == ["no-store"])
        #expect(response.fields.values(of: "X-Content-Type-Options") == ["nosniff"])
        #expect(response.fields.values(of: "Referrer-Policy") == ["no-referrer"])
        #expect(response.fields.values(of: "X-Request-Id") == ["00000000000000000000000000000abc"])
        #expect(response.fields["Server"] == nil)
    }

    @Test(arguments: [("10.0.0.1", "given-1"), ("192.0.2.7", "00000000000000000000000000000abc")])
    func `has the id from a trusted proxy, and from nobody else`(peer: String, name: String) async throws {
        let test = try TestService()
        let response = await test.respond(to: .token(fields: ["X-Request-Id": "given-1"], peer: peer))
        #expect(response.fields.values(of: "X-Request-Id") == [name])
        #expect(test.upstream.requests.first?.fields["X-Client-Request-Id"] == name)
        #expect(try test.lastUse["ephemerald.request.id"]?.stringValue == name)
    }
}

@Suite struct `The health route` {
    @Test(arguments: [Method.get, .head])
    func `answers everybody, and calls nobody`(method: Method) async throws {
        let test = try TestService()
        let request = Request(
            method: method, target: "/api/health?a=b", fields: ["Origin": "https://evil.example"], peer: .unix)
        let response = await test.respond(to: request)
        #expect(response.status == .ok)
        #expect(response.text == #"{"status":"ok","timestamp":"2026-11-22T12:00:00.007Z"}"#)
        #expect(response.fields.values(of: "Content-Type") == ["application/json"])
        #expect(response.fields["Vary"] == nil)
        #expect(test.upstream.requests.isEmpty)
        #expect(test.usage.isEmpty)
    }
}

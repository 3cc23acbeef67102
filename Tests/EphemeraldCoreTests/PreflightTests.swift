import EphemeraldCore
import HTTP
import Testing

private let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

private func answer(
    origins: [String] = ["https://example.com"], methods: [String] = ["POST"], headers: [String] = [],
    allowsCredentials: Bool = false
) throws -> Response {
    let list = try ["https://example.com", "https://*.wild.example"].map { try OriginPattern(parsing: $0) }
    var fields: Fields = ["Host": "token.example"]
    for origin in origins { fields.append("Origin", origin) }
    for method in methods { fields.append("Access-Control-Request-Method", method) }
    for line in headers { fields.append("Access-Control-Request-Headers", line) }
    let request = Request(method: .options, target: "/api/realtime/token", fields: fields, peer: .unix)
    let policy = OriginPolicy(allowing: list, allowsMissing: true, allowsCredentials: allowsCredentials)
    return try policy.answerOptions(request, from: policy.verdict(on: fields))
}

@Suite struct `A preflight` {
    @Test(arguments: [
        [], [""], ["content-type"], ["authorization,content-type"], ["Content-Type"], ["AUTHORIZATION, Content-Type"],
        ["authorization", "content-type"], ["  authorization\t,\tcontent-type  "], ["authorization,,content-type"],
        [",content-type,"], [" , "], ["x-request-id,traceparent"], ["X-Request-ID", "TraceParent, Authorization"],
        ["content-type,content-type"], ["authorization,content-type,traceparent,x-request-id"],
    ])
    func `is answered with what is allowed`(headers: [String]) throws {
        let response = try answer(headers: headers)
        #expect(response.status == .noContent)
        #expect(response.body.isEmpty)
        #expect(
            response.fields == [
                "Access-Control-Allow-Origin": "https://example.com",
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "authorization, content-type, x-request-id, traceparent",
                "Access-Control-Max-Age": "7200",
                "Vary": vary,
            ])
    }

    @Test func `is answered to a page under a wildcard with its own origin`() throws {
        let response = try answer(origins: ["https://a.wild.example"])
        #expect(response.fields["Access-Control-Allow-Origin"] == "https://a.wild.example")
    }

    @Test func `lets a page of the list send cookies where the settings say so`() throws {
        let response = try answer(allowsCredentials: true)
        #expect(
            response.fields == [
                "Access-Control-Allow-Origin": "https://example.com",
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "authorization, content-type, x-request-id, traceparent",
                "Access-Control-Max-Age": "7200",
                "Vary": vary,
            ])
    }

    @Test(arguments: [
        "https://evil.net", "https://evilexample.com", "https://example.com.evil.net", "http://example.com",
        "https://wild.example", "https://a.b.wild.example",
    ])
    func `of a stranger is granted without cookies, so that their page can read why the request is refused`(
        origin: String
    ) throws {
        for allowsCredentials in [false, true] {
            let response = try answer(origins: [origin], allowsCredentials: allowsCredentials)
            #expect(response.status == .noContent)
            #expect(
                response.fields == [
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Allow-Methods": "POST",
                    "Access-Control-Allow-Headers": "authorization, content-type, x-request-id, traceparent",
                    "Access-Control-Max-Age": "7200",
                    "Vary": vary,
                ])
        }
    }

    @Test(arguments: [
        ["https://example.com:443"], ["https://example.com/"], ["https://EXAMPLE.com"], ["null"], [""], ["*"],
        ["https://example.com", "https://example.com"],
        ["https://example.com", "https://evil.net"], ["https://example.com, https://evil.net"],
    ])
    func `without the one origin of a page is refused`(origins: [String]) throws {
        #expect(throws: Refusal.preflightRefused) { try answer(origins: origins) }
    }

    @Test(arguments: [
        ["GET"], ["PUT"], ["DELETE"], ["PATCH"], ["post"], ["Post"], ["OPTIONS"], [""], ["*"], ["POST, GET"], ["POST "],
        ["POST", "POST"], ["POST", "GET"],
    ])
    func `for another method is refused`(methods: [String]) throws {
        #expect(throws: Refusal.preflightRefused) { try answer(methods: methods) }
        #expect(throws: Refusal.preflightRefused) { try answer(origins: ["https://evil.net"], methods: methods) }
    }

    @Test(arguments: [
        ["x-evil"], ["content-type, x-evil"], ["content-type", "x-evil"], ["x-evil", "content-type"], ["*"],
        ["content type"],
        ["content-type;authorization"], ["\"content-type\""], ["content-typ"], ["content-types"], ["content_type"],
        ["openai-beta"], ["cookie"], ["content-type\u{A0}"], ["content-type\u{301}"], ["x-request-\u{131}d"],
        ["author\0ization"],
        ["traceparent, tracestate"], ["content-type: authorization"],
    ])
    func `for another header is refused`(headers: [String]) throws {
        #expect(throws: Refusal.preflightRefused) { try answer(headers: headers) }
        #expect(throws: Refusal.preflightRefused) { try answer(origins: ["https://evil.net"], headers: headers) }
    }

    @Test(arguments: [
        ([], []), (["https://example.com"], []), (["https://evil.net"], []), ([], ["POST"]), ([], ["DELETE"]),
    ])
    func `lacks a field and is an ordinary OPTIONS`(origins: [String], methods: [String]) throws {
        let response = try answer(origins: origins, methods: methods, headers: ["x-evil"])
        #expect(response == Response(.noContent, fields: ["Allow": "OPTIONS, POST", "Vary": vary]))
    }
}

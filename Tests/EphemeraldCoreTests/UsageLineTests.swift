import EphemeraldCore
import Foundation
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A usage line` {
    /// What a terminal, a log reader or a person could be misled by.
    private static let hostile = [
        "\u{1B}[2J\u{7}", "a\r\nb: c", "\u{202E}gpj.exe", "\u{2066}x\u{2069}", "\u{200B}\u{FEFF}", "\u{85}\u{9B}31m",
        "\u{2028}\u{2029}", "\"}\n{\"", "\0",
        String(decoding: [0x61, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80] as [UInt8], as: UTF8.self),
        String(repeating: "ä", count: 10_000), String(repeating: "e\u{301}\u{301}\u{301}", count: 10_000),
        String(repeating: "x", count: 100_000),
    ]

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }

    /// One line of JSON that anybody may look at, with no text longer than 512 characters.
    private static func check(_ line: String) throws {
        #expect(line.utf8.last == UInt8(ascii: "\n"))
        let text = line.dropLast()
        #expect(text.unicodeScalars.allSatisfy(isHarmless))
        let members = try #require(try JSON(parsing: Array(text.utf8)).objectValue).members
        for member in members {
            #expect((member.value.stringValue?.unicodeScalars.count ?? 0) <= 512, "\(member.name)")
            #expect(member.value.stringValue?.unicodeScalars.allSatisfy(isHarmless) != false, "\(member.name)")
        }
        // Another reader has to see the same.
        let other = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(other.count == members.count)
    }

    @Test func `of a mint says who requested what, and the result`() async throws {
        let test = try TestService(ScriptedUpstream(.after(.microseconds(12_345), .minted)))
        let fields: Fields = ["User-Agent": "Browser/1", "Authorization": "Bearer canary", "Cookie": "canary"]
        _ = await test.respond(to: .token(#"{"session":"default"}"#, query: "?canary=1", fields: fields))
        #expect(
            test.usage == [
                #"{"timestamp":"2026-11-22T12:00:00.007Z","#
                    + #""ephemerald.request.id":"00000000000000000000000000000abc","http.request.method":"POST","#
                    + #""url.path":"/api/realtime/token","http.response.status_code":200,"#
                    + #""http.server.request.duration":0.012345,"client.address":"192.0.2.7","#
                    + #""http.route":"/api/realtime/token","user_agent.original":"Browser/1","#
                    + #""ephemerald.origin":"https://app.example","ephemerald.session.name":"default","#
                    + #""gen_ai.request.model":"gpt-realtime-2.1","server.address":"api.openai.test","#
                    + #""ephemerald.upstream.key.place":1,"ephemerald.upstream.key.print":"caff29ad","#
                    + #""ephemerald.secret.sha256":"#
                    + #""f466ce0a55aa226a78677155e003d5f3f0f8ec8e997aa62ec41eafe12a9420e2","#
                    + #""ephemerald.secret.expires_at":1795349400,"ephemerald.session.id":"sess_1","#
                    + #""ephemerald.upstream.request.id":"req_1"}"# + "\n"
            ])
    }

    @Test func `has the time of its own answer`() async throws {
        let test = try TestService()
        for milliseconds in [0, 1, 991, 1, 60_000, -60_000, 43_200_000] {
            test.upstream.clock.moveWallClock(by: .milliseconds(milliseconds))
            _ = await test.respond(to: .token())
        }
        #expect(
            try test.usage.map { try JSON(parsing: Array($0.utf8))["timestamp"]?.stringValue } == [
                "2026-11-22T12:00:00.007Z", "2026-11-22T12:00:00.008Z", "2026-11-22T12:00:00.999Z",
                "2026-11-22T12:00:01.000Z", "2026-11-22T12:01:01.000Z", "2026-11-22T12:00:01.000Z",
                "2026-11-23T00:00:01.000Z",
            ])
    }

    @Test(arguments: [("nowhere", "nowhere"), ("ek_0123", "ek_0123"), ("Default", nil), ("", nil), ("eyJh.e30.x", nil)])
    func `names a session that does not exist, and nothing that cannot be a name`(name: String, logged: String?)
        async throws
    {
        let test = try TestService()
        #expect(await test.respond(to: .token(query: "?session=\(name)")).status == .notFound)
        #expect(try test.lastUse["ephemerald.session.name"]?.stringValue == logged)
    }

    @Test func `of an upstream's refusal has the upstream's message`() async throws {
        let answer = Response.error(
            400, code: "unknown_parameter", message: "Unknown parameter: 'session.voice'.",
            fields: ["x-request-id": "req_7"])
        let test = try TestService(ScriptedUpstream(.answer(answer)))
        let response = await test.respond(to: .token())
        #expect(response.status == .badGateway)
        #expect(!response.text.contains("voice"))
        let use = try test.lastUse
        #expect(use["error.type"] == "upstream_rejected")
        #expect(use["ephemerald.upstream.status_code"] == 400)
        #expect(use["ephemerald.upstream.error.code"] == "unknown_parameter")
        #expect(use["ephemerald.upstream.error.message"] == "Unknown parameter: 'session.voice'.")
        #expect(use["ephemerald.upstream.request.id"] == "req_7")
        #expect(use["ephemerald.secret.sha256"] == nil)
    }

    @Test(
        arguments: [
            (.cannotConnect("no route"), "cannot_connect", "no route"), (.tls("expired"), "tls", "expired"),
            (.timedOut, "timed_out", nil), (.broken("reset"), "broken", "reset"), (.tooLarge, "too_large", nil),
            (.cancelled, "cancelled", nil),
        ] as [(TransferFailure, String, String?)])
    func `of a transfer that failed says how`(failure: TransferFailure, code: String, message: String?) async throws {
        let test = try TestService(ScriptedUpstream(.failure(failure)))
        let response = await test.respond(to: .token())
        if let message { #expect(!response.text.contains(message)) }
        let use = try test.lastUse
        #expect(use["ephemerald.upstream.error.code"]?.stringValue == code)
        #expect(use["ephemerald.upstream.error.message"]?.stringValue == message)
        #expect(use["ephemerald.upstream.status_code"] == nil)
        #expect(use["server.address"] == "api.openai.test")
    }

    @Test(arguments: hostile)
    func `is one harmless line whatever the request says`(text: String) async throws {
        let test = try TestService()
        let fields: Fields = ["User-Agent": text, "X-Request-Id": text, "traceparent": text, "X-Forwarded-For": text]
        for peer in ["192.0.2.7", "10.0.0.1", "unix"] {
            _ = await test.respond(to: .token(query: "?session=\(text)", fields: fields, peer: peer))
            _ = await test.respond(to: .token(#"{"session":\#(JSON.string(text))}"#, fields: fields, peer: peer))
            _ = await test.respond(to: .token(origin: text, fields: fields, peer: peer))
            _ = await test.respond(
                to: Request(method: Method(rawValue: text), target: "/\(text)", fields: fields, peer: .unix))
            _ = await test.respond(to: .token(fields: fields, defect: .malformed(text)))
        }
        #expect(test.usage.count == 15)
        for line in test.usage { try Self.check(line) }
    }

    @Test(arguments: hostile)
    func `is one harmless line whatever the upstream says`(text: String) async throws {
        let error = Response.error(400, code: text, message: text, fields: ["x-request-id": text])
        var minted = Response.minted(text + "!", session: ["id": .string(text), "model": .string(text)])
        minted.fields = ["x-request-id": text]
        let unreadable = Response(.ok, fields: ["x-request-id": text], body: Array(text.utf8))
        for step in [error, minted, unreadable].map(ScriptedUpstream.Step.answer) + [.failure(.broken(text))] {
            let test = try TestService(ScriptedUpstream(step))
            _ = await test.respond(to: .token())
            try Self.check(try #require(test.usage.first))
        }
    }

    @Test(arguments: [
        ("//api/realtime/calls/{}/end", "//api/realtime/calls/{id}/end"),
        ("/voice/api/realtime/calls/{}/lease", "/voice/api/realtime/calls/{id}/lease"),
        ("/API/realtime/calls/{}", "/API/realtime/calls/{id}"), ("/api/realtime/calls{}", "/api/realtime/{id}"),
        ("/api/realtime/calls%2F{}", "/api/realtime/{id}"), ("/./api/realtime/calls/{}", "/./api/realtime/calls/{id}"),
        ("/api/realtime/token/{}", "/api/realtime/token/{id}"), ("/api/realtime/calls;{}", "/api/realtime/calls;{id}"),
        ("/api/realtime/calls/{}/end/", "/api/realtime/calls/{id}/end/"), ("/{}", "/{id}"), ("/é/{}.", "/é/{id}."),
        ("/api/realtime/calls/x/y", "/api/realtime/calls/x/y"), ("/wp-login.php", "/wp-login.php"),
    ])
    func `of a path that leads nowhere has no id of a call`(target: String, path: String) async throws {
        let id = CallID(randomBits: 0xFACE << 100 | 0xBEEF).reveal()
        for id in [id, "%" + String(id.utf8.first ?? 0, radix: 16) + id.dropFirst()] {
            let test = try TestService()
            let target = target.replacing("{}", with: id)
            let peer = Request(method: .post, target: target, fields: [:], body: [], peer: .unix, defect: nil)
            #expect(await test.respond(to: peer).status == .notFound)
            #expect(try test.lastUse["url.path"]?.stringValue == path)
            #expect(test.usage.allSatisfy { !$0.contains(id.suffix(21)) })
        }
    }

    @Test func `bounds what is long`() async throws {
        let test = try TestService()
        let long = String(repeating: "x", count: 10_000)
        _ = await test.respond(
            to: Request(
                method: Method(rawValue: long), target: String(repeating: "/x", count: 5_000),
                fields: ["User-Agent": long, "Origin": long], peer: .unix))
        let use = try test.lastUse
        for (name, limit) in [
            ("http.request.method", 32), ("url.path", 128), ("user_agent.original", 256), ("ephemerald.origin", 256),
        ] {
            #expect(use[name]?.stringValue?.count == limit)
        }
        #expect(use["http.route"] == nil)
        #expect(use["client.address"] == "unix")
    }

    @Test func `carries the trace of a trusted proxy`() async throws {
        let test = try TestService()
        let fields: Fields = ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
        _ = await test.respond(to: .token(fields: fields, peer: "10.0.0.1"))
        #expect(try test.lastUse["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
        _ = await test.respond(to: .token(fields: fields))
        #expect(try test.lastUse["trace_id"] == nil)
    }

    @Test func `is written for refused preflights and not for good ones`() async throws {
        let test = try TestService()
        let fields: Fields = ["Access-Control-Request-Method": "POST"]
        #expect(await test.respond(to: .token(method: .options, fields: fields)).status == .noContent)
        #expect(await test.respond(to: .token(method: .options)).status == .noContent)
        #expect(test.usage.isEmpty)
        let stranger = Request.token(method: .options, origin: "https://evil.example", fields: fields)
        #expect(await test.respond(to: stranger).status == .noContent)
        #expect(test.usage.isEmpty)
        let refused = Request.token(
            method: .options, origin: "https://evil.example", fields: ["Access-Control-Request-Method": "PUT"])
        #expect(await test.respond(to: refused).status == .forbidden)
        #expect(try test.lastUse["error.type"] == "preflight_refused")
        #expect(try test.lastUse["ephemerald.origin"] == "https://evil.example")
        #expect(try test.lastUse["http.request.method"] == "OPTIONS")
    }
}

@Suite struct `The usage line of a forbidden origin` {
    @Test(
        arguments: [
            ("http://app.example", "scheme"), ("http://app.example:80", nil), ("http://app.example:81", nil),
            ("https://evil.example", nil), ("http://evil.example", nil), ("null", nil), (nil, nil),
        ] as [(String?, String?)])
    func `says when the list has it under the other scheme`(origin: String?, flaw: String?) async throws {
        let test = try TestService()
        #expect(await test.respond(to: .token(origin: origin)).status == .forbidden)
        #expect(try test.lastUse["ephemerald.origin.flaw"]?.stringValue == flaw)
        _ = await test.respond(to: .token())
        #expect(try test.lastUse["ephemerald.origin.flaw"] == nil)
    }
}

@Suite struct `Canaries` {
    @Test func `in keys, tokens, cookies, queries, bodies and instructions come to no line and no error`() async throws
    {
        let answers: [Response] = [
            .minted("ek_canary"), .error(401, message: "Incorrect API key provided: sk-canary-key."),
            .error(500, message: "the key sk-canary-key"), Response(.ok, body: Array(#"{"value":"ek_canary"}"#.utf8)),
        ]
        for answer in answers {
            let test = try TestService(ScriptedUpstream(.answer(answer)))
            let fields: Fields = ["Authorization": "Bearer canary", "Cookie": "a=canary", "X-Other": "canary"]
            let response = await test.respond(to: .token(query: "?token=canary", fields: fields))
            if response.status != .ok { #expect(!response.text.contains("canary")) }
            _ = await test.respond(
                to: .token(
                    #"{"session":"shop","variables":{"customer":"canary"}}"#, origin: "https://shop.example",
                    fields: fields))
            #expect(test.usage.count == 2)
            #expect(!test.usage.joined().contains("canary"))
        }
    }
}

import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

/// The limits by caller, origin and session of the settings, and those of session files in their place.
@Suite struct `A limit of the settings` {
    private static func catalog(_ limits: String) -> SessionCatalog {
        let session = #"{"type":"realtime","model":"gpt-realtime-2.1"}"#
        return TestSessions.catalog([
            "default": #"{"session":\#(session)}"#,
            "own": #"{"session":\#(session),"access":{"limits":\#(limits)}}"#,
            "other": #"{"session":\#(session),"access":{"limits":\#(limits)}}"#,
        ])
    }

    /// Sends requests as a user that the trusted proxy names, from the address of a client.
    private static func statuses(
        _ test: TestService, _ session: String = "default", user: String? = nil, times: Int,
        origin: String? = "https://app.example", client: String = "198.51.100.1"
    ) async -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<times {
            var fields: Fields = ["X-Forwarded-For": client]
            if let user { fields.append("X-User", user) }
            let request = Request.token(query: "?session=\(session)", origin: origin, fields: fields, peer: "10.0.0.1")
            statuses.append(await test.respond(to: request).status.rawValue)
        }
        return statuses
    }

    private static let byProxy = Authenticator([.proxy(field: "X-User")])

    @Test func `on callers counts each by name, from any address and for any session`() async throws {
        let test = try TestService(callers: Self.byProxy) {
            $0.rules.sessions = Self.catalog("{}")
            $0.rules.limits.caller = try RateLimit(parsing: "2/h")
        }
        #expect(await Self.statuses(test, user: "ann", times: 1) == [200])
        #expect(await Self.statuses(test, "own", user: "ann", times: 2, client: "198.51.100.2") == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "caller")
        #expect(try test.lastUse["enduser.pseudo.id"] == "ann")
        #expect(await Self.statuses(test, user: "bob", times: 3) == [200, 200, 429])
    }

    @Test func `on callers counts nothing where callers do not say who they are`() async throws {
        let test = try TestService {
            $0.rules.sessions = Self.catalog(#"{"caller":"1/h"}"#)
            $0.rules.limits.caller = try RateLimit(parsing: "1/h")
        }
        #expect(await Self.statuses(test, user: "ann", times: 3) == [200, 200, 200])
        #expect(await Self.statuses(test, "own", user: "ann", times: 3) == [200, 200, 200])
    }

    @Test func `on callers gives way to a session file's, which counts apart`() async throws {
        let test = try TestService(callers: Self.byProxy) {
            $0.rules.sessions = Self.catalog(#"{"caller":"2/h"}"#)
            $0.rules.limits.caller = try RateLimit(parsing: "1/h")
        }
        #expect(await Self.statuses(test, user: "ann", times: 2) == [200, 429])
        #expect(await Self.statuses(test, "own", user: "ann", times: 3) == [200, 200, 429])
        #expect(await Self.statuses(test, "other", user: "ann", times: 1) == [200])
        #expect(await Self.statuses(test, "own", user: "bob", times: 1) == [200])
    }

    @Test func `on origins counts all pages of one together`() async throws {
        let test = try TestService {
            $0.rules.limits.origin = try RateLimit(parsing: "2/h")
            try $0.allowMissingOrigin()
        }
        #expect(await Self.statuses(test, times: 1) == [200])
        #expect(await Self.statuses(test, "full", times: 2, client: "198.51.100.2") == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "origin")
        #expect(await Self.statuses(test, times: 1, origin: "https://shop.example") == [200])
        #expect(await Self.statuses(test, times: 3, origin: nil) == [200, 200, 429])
    }

    @Test func `on sessions counts each by its name`() async throws {
        let test = try TestService { $0.rules.limits.session = try RateLimit(parsing: "2/h") }
        #expect(await Self.statuses(test, times: 1) == [200])
        #expect(await Self.statuses(test, times: 2, client: "198.51.100.2") == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "session")
        #expect(await Self.statuses(test, "full", times: 1) == [200])
    }

    @Test(arguments: ["caller", "origin", "session"])
    func `is off where a session file says so`(dimension: String) async throws {
        let once = try RateLimit(parsing: "1/h")
        let test = try TestService(callers: Self.byProxy) {
            $0.rules.sessions = Self.catalog(#"{"\#(dimension)":"off"}"#)
            $0.rules.limits.caller = dimension == "caller" ? once : nil
            $0.rules.limits.origin = dimension == "origin" ? once : nil
            $0.rules.limits.session = dimension == "session" ? once : nil
        }
        #expect(await Self.statuses(test, "own", user: "ann", times: 3) == [200, 200, 200])
        #expect(await Self.statuses(test, user: "ann", times: 2) == [200, 429])
    }

    @Test func `does not replace the others, and a request passes all of them`() async throws {
        let hundred = try RateLimit(parsing: "100/h")
        let test = try TestService(clientLimit: "100/h", callers: Self.byProxy) {
            $0.rules.limits.all = try RateLimit.parseSetting("100/h")
            $0.rules.limits.caller = try RateLimit(parsing: "1/h")
            $0.rules.limits.origin = hundred
            $0.rules.limits.session = hundred
        }
        let fields: Fields = ["X-User": "ann"]
        let response = await test.respond(to: .token(fields: fields, peer: "10.0.0.1"))
        #expect(
            response.fields["RateLimit-Policy"]
                == #""client";q=100;w=3600, "caller";q=1;w=3600, "origin";q=100;w=3600, "session";q=100;w=3600, "#
                + #""all";q=100;w=3600"#)
        #expect(response.fields["RateLimit"] == #""caller";r=0;t=3600"#)
        let refused = await test.respond(to: .token(fields: fields, peer: "10.0.0.1"))
        #expect(refused.fields["Retry-After"] == "3600")
    }
}

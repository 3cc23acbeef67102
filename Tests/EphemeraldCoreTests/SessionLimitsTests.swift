import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

/// The limits of the settings, and those that a session file names instead.
@Suite struct `A limit` {
    private static func catalog(_ limits: String) -> SessionCatalog {
        let session = #"{"type":"realtime","model":"gpt-realtime-2.1"}"#
        return TestSessions.catalog([
            "default": #"{"session":\#(session)}"#,
            "own": #"{"session":\#(session),"access":{"limits":\#(limits)}}"#,
            "other": #"{"session":\#(session),"access":{"limits":\#(limits)}}"#,
        ])
    }

    private static func statuses(
        _ test: TestService, _ session: String, times: Int, origin: String = "https://app.example",
        peer: String = "192.0.2.7"
    ) async -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<times {
            let request = Request.token(query: "?session=\(session)", origin: origin, peer: peer)
            statuses.append(await test.respond(to: request).status.rawValue)
        }
        return statuses
    }

    @Test func `is in the fields of every token`() async throws {
        let test = try TestService(clientLimit: "10/min burst 2") {
            $0.rules.limits.all = try RateLimit.parseSetting("600/min burst 100")
        }
        let first = await test.respond(to: .token())
        #expect(first.fields.values(of: "RateLimit-Policy") == [#""client";q=10;w=60, "all";q=600;w=60"#])
        #expect(first.fields.values(of: "RateLimit") == [#""client";r=1;t=6"#])
        #expect(await test.respond(to: .token()).fields["RateLimit"] == #""client";r=0;t=6"#)
    }

    @Test func `that is off is not in the fields`() async throws {
        let response = try await TestService().respond(to: .token())
        #expect(response.fields["RateLimit"] == nil)
        #expect(response.fields["RateLimit-Policy"] == nil)
    }

    @Test func `of the settings counts addresses apart, and all of them together`() async throws {
        let test = try TestService(clientLimit: "2/h") { $0.rules.limits.all = try RateLimit.parseSetting("3/h") }
        #expect(await Self.statuses(test, "default", times: 3) == [200, 200, 429])
        #expect(await Self.statuses(test, "default", times: 2, peer: "192.0.2.8") == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "all")
    }

    @Test func `counts the client that a trusted proxy names`() async throws {
        let test = try TestService(clientLimit: "1/h")
        for client in ["198.51.100.1", "198.51.100.2"] {
            let request = Request.token(fields: ["X-Forwarded-For": "1.1.1.1, \(client)"], peer: "10.0.0.1")
            #expect(await test.respond(to: request).status == .ok)
            #expect(await test.respond(to: request).status == .tooManyRequests)
            #expect(try test.lastUse["client.address"]?.stringValue == client)
        }
        for forged in ["198.51.100.3", "198.51.100.4"] {
            _ = await test.respond(to: .token(fields: ["X-Forwarded-For": forged]))
        }
        #expect(try test.lastUse["http.response.status_code"] == 429)
        #expect(test.forwardingProblems == [.untrustedForwarding, .untrustedForwarding])
    }

    @Test func `on clients in a session file replaces the setting and counts apart`() async throws {
        let test = try TestService(clientLimit: "1/h") { $0.rules.sessions = Self.catalog(#"{"client":"3/h"}"#) }
        #expect(await Self.statuses(test, "default", times: 2) == [200, 429])
        #expect(await Self.statuses(test, "own", times: 4) == [200, 200, 200, 429])
        #expect(await Self.statuses(test, "other", times: 4) == [200, 200, 200, 429])
        #expect(await Self.statuses(test, "own", times: 1, peer: "192.0.2.8") == [200])
    }

    @Test func `on clients is off where a session file says so`() async throws {
        let test = try TestService(clientLimit: "1/h") {
            $0.rules.sessions = Self.catalog(#"{"client":"off","all":"off"}"#)
            $0.rules.limits.all = try RateLimit.parseSetting("1/h")
        }
        #expect(await Self.statuses(test, "own", times: 5) == [200, 200, 200, 200, 200])
        #expect(await Self.statuses(test, "default", times: 2) == [200, 429])
    }

    @Test func `on origins counts each page's origin for each session`() async throws {
        let test = try TestService { $0.rules.sessions = Self.catalog(#"{"origin":"2/h"}"#) }
        #expect(await Self.statuses(test, "own", times: 3) == [200, 200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "origin")
        #expect(await Self.statuses(test, "own", times: 3, origin: "https://shop.example") == [200, 200, 429])
        #expect(await Self.statuses(test, "other", times: 1) == [200])
    }

    @Test func `on a session counts all its clients together`() async throws {
        let test = try TestService { $0.rules.sessions = Self.catalog(#"{"session":"2/h"}"#) }
        #expect(await Self.statuses(test, "own", times: 1) == [200])
        #expect(await Self.statuses(test, "own", times: 2, peer: "192.0.2.8") == [200, 429])
        #expect(try test.lastUse["ephemerald.limit.dimension"] == "session")
        #expect(await Self.statuses(test, "other", times: 1) == [200])
    }

    @Test func `on everything in a session file does not shut the other sessions`() async throws {
        let test = try TestService(clientLimit: "off") {
            $0.rules.sessions = Self.catalog(#"{"all":"1/h"}"#)
            $0.rules.limits.all = try RateLimit.parseSetting("600/min burst 100")
        }
        #expect(await Self.statuses(test, "own", times: 2) == [200, 429])
        #expect(await Self.statuses(test, "default", times: 5) == [200, 200, 200, 200, 200])
        #expect(await Self.statuses(test, "other", times: 2) == [200, 429])
        test.upstream.clock.advance(by: .seconds(3600))
        #expect(await Self.statuses(test, "own", times: 2) == [200, 429])
    }
}

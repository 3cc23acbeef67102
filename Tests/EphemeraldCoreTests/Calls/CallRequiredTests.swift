import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

/// Requests for tokens of sessions that have none.
@Suite struct `A session without tokens` {
    private static let sessions = TestSessions.catalog([
        "live": #"{"session":{"type":"live","model":"gpt-live-1","instructions":"You help {{customer}}."},"#
            + #""access":{"origins":["https://shop.example"],"variables":{"customer":{"maxLength":10}}}}"#,
        "calls": #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"},"access":{"token":false}}"#,
    ])

    private static func service(clientLimit: String = "off") throws -> TestService {
        try TestService(clientLimit: clientLimit) { $0.rules.sessions = sessions }
    }

    @Test(arguments: ["live", "calls"])
    func `is refused with what to do, before its variables are looked at`(name: String) async throws {
        let test = try Self.service()
        let answer = await test.respond(to: .token(query: "?session=\(name)", origin: "https://shop.example"))
        #expect(answer.status.rawValue == 409)
        #expect(answer.json["code"] == "call_required")
        #expect(answer.json["detail"] == "This session has no tokens. The service creates its calls.")
        #expect(answer.fields["Retry-After"] == nil)
        #expect(answer.fields["Access-Control-Allow-Origin"] == "https://shop.example")
        #expect(test.upstream.requests.isEmpty)
        let line = try test.lastUse
        #expect(line["error.type"] == "call_required")
        #expect(line["ephemerald.session.name"]?.stringValue == name)
    }

    @Test func `is refused after the session's own origins`() async throws {
        let answer = try await Self.service().respond(to: .token(query: "?session=live"))
        #expect(answer.json["code"] == "origin_not_allowed")
    }

    @Test func `is refused without being counted`() async throws {
        let test = try Self.service(clientLimit: "1/h")
        for _ in 0..<3 {
            #expect(await test.respond(to: .token(query: "?session=calls")).status.rawValue == 409)
        }
        #expect(test.limitsReached.isEmpty)
    }
}

import EphemeraldCore
import HTTP
import JSON
import Testing

@Suite struct `A request for a call` {
    private static let sessions = TestSessions.catalog([
        "default": #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#,
        "live": #"{"session":{"type":"live","model":"gpt-live-1"}}"#,
    ])

    /// A service that creates calls and never ends one.
    private static func service() throws -> TestService {
        let answer = #"{"session":{"id":"live_1"},"transport":{"type":"webrtc","sdp":"v=0\r\n"}}"#
        let created = Response(.created, fields: ["Content-Type": "application/json"], body: Array(answer.utf8))
        let upstream = ScriptedUpstream(.answer(created))
        return try TestService(upstream) { setup in
            setup.rules.sessions = sessions
            setup.makeKeeper = { account in
                CallKeeper(
                    surroundings: upstream.clock.surroundings,
                    outlets: CallKeeper.Outlets(
                        wake: { _ in }, start: { _ in }, end: { _ in .over(reportedSeconds: nil) },
                        settle: { account.settle($0) }, record: { _ in true }))
            }
        }
    }

    private static func request(_ type: String?, _ body: String, query: String = "") -> Request {
        var fields: Fields = ["Origin": "https://app.example"]
        if let type { fields.append("Content-Type", type) }
        return Request(
            method: .post, target: "/api/realtime/calls" + query, fields: fields, body: Array(body.utf8), peer: .unix)
    }

    private static func json(_ members: JSONObject) -> String {
        String(decoding: JSON.object(members).serialized(), as: UTF8.self)
    }

    @Test(arguments: [nil, "", "text/plain", "application/sdpx", "application/sdp, application/json"])
    func `of another type, several or none is refused with the two that are read`(type: String?) async throws {
        let test = try Self.service()
        let answer = await test.respond(to: Self.request(type, SampleOffers.chromium))
        #expect(answer.status.rawValue == 415)
        #expect(answer.fields["Accept-Post"] == "application/sdp, application/json")
        #expect(test.upstream.requests.isEmpty)
    }

    @Test(arguments: [
        ("application/sdp", "?session=live&dcid=3"), ("Application/SDP ; charset=utf-8", "?dcid=3&session=live"),
    ])
    func `has the offer for its body, and the rest in the query`(type: String, query: String) async throws {
        let test = try Self.service()
        let answer = await test.respond(to: Self.request(type, SampleOffers.chromium, query: query))
        #expect(answer.status == .created)
        let sent = try JSON(parsing: try #require(test.upstream.requests.first).body)
        #expect(sent["transport"]?["sdp"]?.stringValue == SampleOffers.chromium)
        #expect(sent["transport"]?["dcid"] == 3)
    }

    @Test func `as JSON has everything in the body, and 3.0 is an integer there`() async throws {
        let test = try Self.service()
        let body = #"{"session":"live","dcid":3.0,"sdp":"# + JSON.string(SampleOffers.chromium).description + "}"
        let answer = await test.respond(to: Self.request("application/json", body))
        #expect(answer.status == .created)
        let sent = try JSON(parsing: try #require(test.upstream.requests.first).body)
        #expect(sent["transport"]?["sdp"]?.stringValue == SampleOffers.chromium)
        #expect(sent["transport"]?["dcid"] == 3)
    }

    @Test(
        arguments: [
            [:], ["sdp": 7], ["sdp": "v=0\r\n", "dcid": -1], ["sdp": "v=0\r\n", "dcid": 65_535],
            ["sdp": "v=0\r\n", "dcid": 0.5], ["sdp": "v=0\r\n", "dcid": "3"], ["sdp": "v=0\r\n", "offer": "x"],
        ] as [JSONObject])
    func `as JSON is refused for a member that is missing, wrong or unknown`(body: JSONObject) async throws {
        let test = try Self.service()
        let answer = await test.respond(to: Self.request("application/json", Self.json(body)))
        #expect(answer.status == .badRequest)
        #expect(test.upstream.requests.isEmpty)
    }

    @Test(arguments: ["65535", "-1", "+1", "0x1", "", "1.0", "99999999999999999999"])
    func `is refused for another stream than 0 to 65534`(text: String) async throws {
        let test = try Self.service()
        let answer = await test.respond(
            to: Self.request("application/sdp", SampleOffers.chromium, query: "?session=live&dcid=\(text)"))
        #expect(answer.status == .badRequest)
        #expect(answer.json["path"] == "dcid")
        #expect(test.upstream.requests.isEmpty)
    }
}

import EphemeraldCore
import JSON
import Sessions
import Testing
import TestTools

private let session: JSONObject = ["type": "realtime", "model": "gpt-realtime-2.1", "instructions": "Grüße\r\n--b"]

private func shortest() throws -> Offer { try Offer(Array(SampleOffers.shortest.utf8)) }

@Suite struct `The body of a Realtime call` {
    @Test func `is the offer and the session, byte for byte`() throws {
        let body = CallBody.realtime(offer: try shortest(), session: session, randomBits: 0xB0)
        let zeros = String(repeating: "0", count: 30)
        #expect(body.contentType == "multipart/form-data; boundary=ephemerald-\(zeros)b0")
        let expected = [
            "--ephemerald-\(zeros)b0",
            "Content-Disposition: form-data; name=\"sdp\"",
            "Content-Type: application/sdp",
            "",
            "v=0",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "a=fingerprint:sha-256 78:66",
            "",
            "--ephemerald-\(zeros)b0",
            "Content-Disposition: form-data; name=\"session\"",
            "Content-Type: application/json",
            "",
            #"{"type":"realtime","model":"gpt-realtime-2.1","instructions":"Grüße\r\n--b"}"#,
            "--ephemerald-\(zeros)b0--",
            "",
        ]
        #expect(body.bytes == Array(expected.joined(separator: "\r\n").utf8))
    }

    @Test(arguments: [SampleOffers.chromium, SampleOffers.aiortc])
    func `has a browser's offer unchanged`(sdp: String) throws {
        let body = CallBody.realtime(offer: try Offer(Array(sdp.utf8)), session: session, randomBits: .max)
        let text = String(decoding: body.bytes, as: UTF8.self)
        let boundary = "--ephemerald-ffffffffffffffffffffffffffffffff"
        #expect(text.contains("Content-Type: application/sdp\r\n\r\n\(sdp)\r\n\(boundary)\r\n"))
        #expect(body.contentType.utf8.count - "multipart/form-data; boundary=".utf8.count <= 70)
    }

    /// With the same bits as in a text of the session, which nobody can know beforehand.
    @Test func `has no line in its parts that could be a delimiter`() throws {
        let boundary = "--ephemerald-" + String(repeating: "0", count: 31) + "1"
        var session = session
        session["instructions"] = .string("\r\n\(boundary)\r\n\n\(boundary)--\r\n")
        let offered = Array("\(SampleOffers.chromium)a=x:\(boundary)\r\n".utf8)
        let body = CallBody.realtime(offer: try Offer(offered), session: session, randomBits: 1)
        let lines = String(decoding: body.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        #expect(lines.filter { $0.hasPrefix("--") } == [boundary, boundary, "\(boundary)--"].map { Substring($0) })
        #expect(throws: InvalidOffer.self) { try Offer(Array("\(SampleOffers.chromium)\(boundary)\r\n".utf8)) }
    }
}

@Suite struct `The body of a Live session` {
    private let live: JSONObject = ["type": "live", "model": "gpt-live-1", "store": false]

    private func body(
        _ session: JSONObject, dataChannelID: Int? = nil, safetyIdentifier: String? = nil
    ) throws -> JSON {
        let body = CallBody.live(
            offer: try shortest(), session: session, dataChannelID: dataChannelID, safetyIdentifier: safetyIdentifier)
        #expect(body.contentType == "application/json")
        return try JSON(parsing: body.bytes)
    }

    @Test func `is the session without its type, and a transport of our own`() throws {
        let expected: JSON = [
            "session": [
                "model": "gpt-live-1", "store": false,
                "client": [
                    "data_channel": [
                        "allowed_client_events": LiveEvents.sent, "allowed_server_events": LiveEvents.received,
                    ]
                ],
            ],
            "transport": ["type": "webrtc", "sdp": .string(SampleOffers.shortest)],
        ]
        #expect(try body(live) == expected)
    }

    @Test func `has the least lists of events`() {
        let sent = LiveEvents.sent.arrayValue?.compactMap(\.stringValue)
        #expect(sent == ["session.close", "session.input_audio.mute", "session.input_audio.unmute"])
        let received = LiveEvents.received.arrayValue ?? []
        #expect(received.count == 9)
        #expect(received.allSatisfy { $0.objectValue?.names == ["type"] })
        #expect(received.contains(["type": "session.closed"]))
    }

    @Test func `keeps the lists of the file, and adds the one it lacks`() throws {
        var session = live
        session["client"] = ["data_channel": ["allowed_client_events": []]]
        let channel = try body(session)["session"]?["client"]?["data_channel"]
        #expect(channel == ["allowed_client_events": [], "allowed_server_events": LiveEvents.received])
        session["client"] = ["data_channel": ["allowed_client_events": "all", "allowed_server_events": "all"]]
        let open = try body(session)["session"]?["client"]
        #expect(open == session["client"])
    }

    @Test(arguments: [nil, "5f2b"] as [String?])
    func `has the safety identifier of the caller and no other`(identifier: String?) throws {
        var session = live
        session["safety_identifier"] = "from the file"
        let sent = try body(session, safetyIdentifier: identifier)["session"]?["safety_identifier"]
        #expect(sent == identifier.map { .string($0) })
    }

    @Test func `names the data channel that the page negotiated`() throws {
        #expect(try body(live, dataChannelID: 0)["transport"]?["dcid"] == 0)
        #expect(try body(live)["transport"]?["dcid"] == nil)
        #expect(CallBody.dataChannelIDs.upperBound == 65_534)
    }

    @Test(arguments: [SampleOffers.chromium, SampleOffers.aiortc])
    func `has a browser's offer unchanged`(sdp: String) throws {
        let body = CallBody.live(
            offer: try Offer(Array(sdp.utf8)), session: live, dataChannelID: nil, safetyIdentifier: nil)
        #expect(try JSON(parsing: body.bytes)["transport"]?["sdp"] == .string(sdp))
    }
}

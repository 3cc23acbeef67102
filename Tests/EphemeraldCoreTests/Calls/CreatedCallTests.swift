import EphemeraldCore
import HTTP
import Testing

private func realtime(_ location: String?, _ sdp: String = "v=0\r\n", status: Int = 201) -> Response {
    var fields: Fields = ["Content-Type": "application/sdp"]
    if let location { fields.append("Location", location) }
    return Response(Status(rawValue: status), fields: fields, body: Array(sdp.utf8))
}

private func live(_ body: String, status: Int = 201) -> Response {
    Response(Status(rawValue: status), fields: ["Content-Type": "application/json"], body: Array(body.utf8))
}

@Suite struct `A created call` {
    @Test(arguments: [
        ("/v1/realtime/calls/rtc_abc-DEF_123", "rtc_abc-DEF_123"),
        ("https://api.openai.com/v1/realtime/calls/rtc_1", "rtc_1"),
        ("https://example.openai.azure.com/openai/v1/realtime/calls/rtc_1?api-version=1#top", "rtc_1"),
        ("rtc_1", "rtc_1"),
        ("/" + String(repeating: "a", count: 128), String(repeating: "a", count: 128)),
    ])
    func `of Realtime has the last segment of its location for its id`(location: String, id: String) throws {
        let call = try CreatedCall(realtime(location, SampleOffers.chromium), type: .realtime)
        #expect(call.upstreamID == id)
        #expect(call.sdp == SampleOffers.chromium)
    }

    @Test func `of Live has id and answer in its body`() throws {
        let body = #"{"session":{"id":"live_1","x":[1]},"transport":{"type":"webrtc","sdp":"v=0\r\no=-\r\n"},"y":null}"#
        let call = try CreatedCall(live(body), type: .live)
        #expect(call.upstreamID == "live_1")
        #expect(call.sdp == "v=0\r\no=-\r\n")
    }

    @Test(
        arguments: [
            (realtime("/calls/rtc_1", status: 200), .status(200)),
            (realtime("/calls/rtc_1", status: 202), .status(202)),
            (realtime("/calls/rtc_1", status: 302), .status(302)),
            (realtime(nil), .noID),
            (realtime(""), .wrongID),
            (realtime("/v1/realtime/calls/"), .wrongID),
            (realtime("/v1/realtime/calls/rtc_1/"), .wrongID),
            (realtime("/calls/rtc.1"), .wrongID),
            (realtime("/calls/rtc%2F1"), .wrongID),
            (realtime("/calls/rtc_ä"), .wrongID),
            (realtime("/calls/rtc 1"), .wrongID),
            (realtime("/" + String(repeating: "a", count: 129)), .wrongID),
            (realtime("/calls/rtc_1", ""), .noSDP),
            (realtime("/calls/rtc_1", "{}"), .noSDP),
            (realtime("/calls/rtc_1", "<html>"), .noSDP),
            (realtime("/calls/rtc_1", "v=0\r\n" + String(repeating: "x", count: 65_532)), .tooLong),
        ] as [(Response, UnreadableAnswer)])
    func `of Realtime is lost when its answer cannot be read`(response: Response, reason: UnreadableAnswer) {
        #expect(throws: reason) { try CreatedCall(response, type: .realtime) }
    }

    @Test func `of Realtime is lost with two locations and with bytes that are not text`() {
        var twice = realtime("/calls/rtc_1")
        twice.fields.append("location", "/calls/rtc_2")
        #expect(throws: UnreadableAnswer.noID) { try CreatedCall(twice, type: .realtime) }
        var bytes = realtime("/calls/rtc_1")
        bytes.body.append(0xFF)
        #expect(throws: UnreadableAnswer.noSDP) { try CreatedCall(bytes, type: .realtime) }
    }

    @Test(
        arguments: [
            (live(#"{"session":{"id":"live_1"},"transport":{"sdp":"v=0\r\n"}}"#, status: 200), .status(200)),
            (live(""), .notJSON),
            (live("v=0\r\n"), .notJSON),
            (live("[]"), .notJSON),
            (live(#"{"session":{"id":"live_1"},"transport":{"sdp":"v=0\r\n"}"#), .notJSON),
            (live(#"{"session":{"id":"live_1","id":"live_2"},"transport":{"sdp":"v=0\r\n"}}"#), .notJSON),
            (live("{}"), .noID),
            (live(#"{"session":"live_1","transport":{"sdp":"v=0\r\n"}}"#), .noID),
            (live(#"{"session":{"id":7},"transport":{"sdp":"v=0\r\n"}}"#), .noID),
            (live(#"{"session":{"id":""},"transport":{"sdp":"v=0\r\n"}}"#), .wrongID),
            (live(#"{"session":{"id":"../calls"},"transport":{"sdp":"v=0\r\n"}}"#), .wrongID),
            (live(#"{"session":{"id":"live_1"}}"#), .noSDP),
            (live(#"{"session":{"id":"live_1"},"transport":{"sdp":null}}"#), .noSDP),
            (live(#"{"session":{"id":"live_1"},"transport":{"sdp":""}}"#), .noSDP),
        ] as [(Response, UnreadableAnswer)])
    func `of Live is lost when its answer cannot be read`(response: Response, reason: UnreadableAnswer) {
        #expect(throws: reason) { try CreatedCall(response, type: .live) }
    }
}

@Suite struct `The answer to a hang-up` {
    private static func error(_ status: Int, _ code: String) -> Response {
        live(#"{"error":{"message":"","type":"invalid_request_error","code":"\#(code)"}}"#, status: status)
    }

    @Test(
        arguments: [
            (live("", status: 200), .everything, true, .over),
            (live("", status: 200), .confirmation, true, .over),
            (live("", status: 200), .nothing, true, .unsure),
            (live("", status: 200), .everything, false, .unsure),
            (live("", status: 204), .everything, true, .unsure),
            (error(404, "call_id_not_found"), .everything, true, .over),
            (error(400, "call_id_not_found"), .everything, true, .over),
            (error(404, "session_id_not_found"), .everything, false, .over),
            (error(404, "call_id_not_found"), .confirmation, true, .notFound),
            (error(404, "call_id_not_found"), .nothing, true, .notFound),
            (error(404, "model_not_found"), .everything, true, .unsure),
            (error(404, "unknown_url"), .everything, true, .unsure),
            (error(401, "call_id_not_found"), .everything, true, .unsure),
            (error(500, "call_id_not_found"), .everything, true, .unsure),
            (live("", status: 404), .everything, true, .unsure),
            (live("{}", status: 404), .everything, true, .unsure),
            (live(#"{"code":"call_id_not_found"}"#, status: 404), .everything, true, .unsure),
            (live(#"{"error":{"code":null}}"#, status: 404), .everything, true, .unsure),
            (live("<html>call_id_not_found", status: 404), .everything, true, .unsure),
            (live("", status: 429), .everything, true, .unsure),
        ] as [(Response, Belief, Bool, HangUpVerdict)])
    func `ends a call only when it says so`(
        response: Response, belief: Belief, endsWithOK: Bool, verdict: HangUpVerdict
    ) {
        #expect(HangUpVerdict(response, believing: belief, endsWithOK: endsWithOK) == verdict)
    }
}

import HTTP
import JSON
import OpenAISandbox
import Testing

private let offer = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
private let session = #"{"type":"realtime","model":"gpt-realtime-2.1"}"#

/// A form with these parts, each with its name and content.
private func form(_ parts: [(name: String, content: String)], end: String = "--b--\r\n") -> String {
    parts.reduce(into: "") { body, part in
        body += "--b\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n"
        body += "Content-Type: text/plain\r\n\r\n\(part.content)\r\n"
    } + end
}

private func request(
    _ body: String, path: String = "/v1/realtime/calls", type: String? = "multipart/form-data; boundary=b"
) -> Request {
    var fields: Fields = ["Authorization": "Bearer sk-sandbox"]
    if let type { fields.append("Content-Type", type) }
    return Request(method: .post, target: path, fields: fields, body: Array(body.utf8), peer: .unix)
}

private func sandbox(fault: Fault? = nil, now: @escaping @Sendable () -> Int = { 1_000 }) -> Sandbox {
    Sandbox(fault: fault, unixSeconds: now, sleep: { _ in })
}

private func code(_ response: Response) -> String? {
    (try? JSON(parsing: response.body))?["error"]?["code"]?.stringValue
}

@Suite struct `The calls of the sandbox` {
    private let whole = form([("sdp", offer), ("session", session)])

    @Test func `are created with a form and end once by a hang-up`() async throws {
        let sandbox = sandbox()
        let created = await sandbox.respond(to: request(whole))
        #expect(created.status == .created)
        #expect(created.fields["Content-Type"] == "application/sdp")
        #expect(String(decoding: created.body, as: UTF8.self).hasPrefix("v=0\r\n"))
        let location = try #require(created.fields["Location"])
        #expect(location.hasPrefix("/v1/realtime/calls/rtc_sandbox"))
        let hangUp = request("", path: "\(location)/hangup", type: nil)
        #expect(await sandbox.respond(to: hangUp).status == .ok)
        let again = await sandbox.respond(to: hangUp)
        #expect(again.status == .notFound)
        #expect(code(again) == "call_id_not_found")
        let counts = sandbox.current
        #expect([counts.mints, counts.calls, counts.hangUps, counts.refusals] == [0, 1, 1, 1])
    }

    @Test func `need a form that is whole, an offer that is not cut off, and a valid session`() async {
        let refused: [(String, String?, String)] = [
            (whole, "application/json", "unsupported_content_type"), (whole, nil, "unsupported_content_type"),
            (form([("session", session)]), nil, "missing_required_parameter"),
            (form([("sdp", offer), ("session", session)], end: "--b--"), nil, "invalid_multipart"),
            (form([("sdp", offer), ("sdp", offer)]), nil, "invalid_multipart"), ("x" + whole, nil, "invalid_multipart"),
            (form([("sdp", String(offer.dropLast())), ("session", session)]), nil, "invalid_offer"),
            (form([("sdp", offer.replacing("audio", with: "video")), ("session", session)]), nil, "invalid_offer"),
            (form([("sdp", offer), ("session", "{}")]), nil, "invalid_value"),
            (form([("sdp", offer), ("session", "[")]), nil, "invalid_json"),
            (form([("sdp", offer), ("session", #"{"type":"realtime","voice":"alloy"}"#)]), nil, "unknown_parameter"),
        ]
        for (body, type, expected) in refused {
            let isForm = expected != "unsupported_content_type"
            let sandbox = sandbox()
            let answer = await sandbox.respond(
                to: isForm ? request(body) : request(body, type: type))
            #expect(code(answer) == expected, "\(body)")
            #expect(sandbox.current.calls == 0)
        }
    }

    @Test func `fail on demand`() async throws {
        let failing = sandbox(fault: .hangUpFails)
        let location = try #require(await failing.respond(to: request(whole)).fields["Location"])
        let hangUp = request("", path: "\(location)/hangup", type: nil)
        #expect(await failing.respond(to: hangUp).status.rawValue == 500)
        let mute = sandbox(fault: .notFoundWithoutCode)
        let answer = await mute.respond(to: hangUp)
        #expect(answer.status == .notFound && code(answer) == nil)
        let late = sandbox(fault: .noAnswerAfterCreate)
        #expect(await late.respond(to: request(whole)).status == .created)
        #expect(late.current.calls == 1)
    }
}

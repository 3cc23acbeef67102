import HTTP
import JSON
import Locking
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

@Suite struct `The Live sessions of the sandbox` {
    private func body(_ session: String = #"{"model":"gpt-live-1"}"#, _ transport: String = "", sdp: String = offer)
        -> String
    {
        let sdp = JSON.string(sdp).serialized()
        return
            #"{"session":\#(session),"transport":{"type":"webrtc","sdp":\#(String(decoding: sdp, as: UTF8.self))\#(transport)}}"#
    }

    private func create(_ body: String, type: String = "application/json", path: String = "/v1/live/sessions")
        -> Request
    {
        request(body, path: path, type: type)
    }

    private func id(_ response: Response) throws -> String {
        try #require(try JSON(parsing: response.body)["session"]?["id"]?.stringValue)
    }

    private func attach(_ id: String) -> Request {
        Request(
            method: .get, target: "/v1/live/sessions/\(id)/attach", fields: ["Authorization": "Bearer sk-sandbox"],
            peer: .unix)
    }

    private func hangUp(_ id: String, _ path: String = "live/sessions") -> Request {
        request("", path: "/v1/\(path)/\(id)/hangup", type: nil)
    }

    @Test func `are created from JSON and end once by a hang-up, for want of a sideband`() async throws {
        let sandbox = sandbox()
        let created = await sandbox.respond(to: create(body(#"{"model":"gpt-live-1","safety_identifier":"5f"}"#)))
        #expect(created.status == .created)
        #expect(created.fields["Location"] == nil)
        let answer = try JSON(parsing: created.body)["transport"]
        #expect(answer?["type"] == "webrtc")
        #expect(answer?["sdp"]?.stringValue?.hasPrefix("v=0\r\n") == true)
        let id = try id(created)
        #expect(id.hasPrefix("live_sandbox"))
        #expect(await sandbox.respond(to: attach(id)).status.rawValue == 501)
        #expect(code(await sandbox.respond(to: hangUp(id, "realtime/calls"))) == "call_id_not_found")
        #expect(await sandbox.respond(to: hangUp(id)).status == .ok)
        #expect(code(await sandbox.respond(to: hangUp(id))) == "session_id_not_found")
        let gone = await sandbox.respond(to: attach(id))
        #expect(gone.status == .notFound)
        #expect(code(gone) == "session_id_not_found")
        let counts = sandbox.current
        #expect([counts.calls, counts.hangUps, counts.refusals] == [1, 1, 2])
    }

    @Test func `need a session and a transport as OpenAI has them`() async {
        let refused: [(Request, Int, String)] = [
            (create(body(), path: "/v1/live/sessions?model=x"), 400, "unknown_parameter"),
            (create(body(), type: "application/sdp"), 400, "unsupported_content_type"),
            (create("{"), 400, "invalid_json"),
            (create("{}"), 400, "missing_required_parameter"),
            (create(#"{"session":{"model":"gpt-live-1"}}"#), 400, "missing_required_parameter"),
            (create(body(#"{"type":"live","model":"gpt-live-1"}"#)), 400, "unknown_parameter"),
            (create(body("[]")), 400, "invalid_type"),
            (create(body(#"{"model":"gpt-live-1","safety_identifier":5}"#)), 400, "invalid_type"),
            (create(body(#"{"model":"gpt-live-1","audio":{"output":{"voice":"onyx"}}}"#)), 403, "forbidden"),
            (create(body().replacing("webrtc", with: "sip")), 400, "invalid_value"),
            (create(body().replacing(#""type":"webrtc","#, with: "")), 400, "invalid_value"),
            (create(body(#"{"model":"gpt-live-1"}"#, #","dcid":65535"#)), 400, "invalid_value"),
            (create(body(#"{"model":"gpt-live-1"}"#, #","phone":"+1""#)), 400, "unknown_parameter"),
            (create(body(sdp: String(offer.dropLast()))), 400, "invalid_offer"),
        ]
        for (request, status, expected) in refused {
            let sandbox = sandbox()
            let answer = await sandbox.respond(to: request)
            #expect(answer.status.rawValue == status && code(answer) == expected, "\(request.target) \(expected)")
            let counts = sandbox.current
            #expect([counts.calls, counts.refusals] == [0, 1])
        }
        #expect(
            await sandbox().respond(to: create(body(#"{"model":"gpt-live-1"}"#, #","dcid":65534"#))).status == .created)
    }

    @Test func `drain on demand, and end by themselves after two hours`() async throws {
        let now = Locked(1_000)
        let sandbox = sandbox(fault: .drains, now: { now.withLock { $0 } })
        let drained = try id(await sandbox.respond(to: create(body())))
        let left = try id(await sandbox.respond(to: create(body())))
        #expect(await sandbox.respond(to: hangUp(drained)).status == .ok)
        now.withLock { $0 += 9 }
        #expect(await sandbox.respond(to: attach(drained)).status.rawValue == 501)
        now.withLock { $0 += 1 }
        #expect(code(await sandbox.respond(to: attach(drained))) == "session_id_not_found")
        now.withLock { $0 = 8_199 }
        #expect(await sandbox.respond(to: attach(left)).status.rawValue == 501)
        now.withLock { $0 += 1 }
        #expect(code(await sandbox.respond(to: attach(left))) == "session_id_not_found")
    }
}

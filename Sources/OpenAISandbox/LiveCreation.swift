import HTTP
import JSON
import Sessions

/// A request that creates a Live session, judged as strictly as OpenAI judges it.
struct LiveCreation {
    /// The SDP offer of the browser.
    let offer: [UInt8]

    /// Reads `POST …/live/sessions`.
    init(_ request: Request) throws(OpenAIError) {
        if request.query != nil { throw .invalidRequest("unknown_parameter", "Unknown parameter in the query.") }
        guard request.fields["Content-Type"] == "application/json" else {
            throw .invalidRequest("unsupported_content_type", "Unsupported content type.")
        }
        guard let body = try? JSON(parsing: request.body), let members = body.objectValue else {
            throw .invalidRequest("invalid_json", "We could not parse the JSON body of your request.")
        }
        try LiveCreation.refuseOthers(than: ["session", "transport"], in: members, at: "")
        try LiveCreation.judge(try LiveCreation.object("session", in: members))
        let transport = try LiveCreation.object("transport", in: members)
        try LiveCreation.refuseOthers(than: ["type", "sdp", "dcid"], in: transport, at: "transport.")
        // OpenAI has a type `sip` too, which dials a number: a browser's call never has it.
        guard transport["type"] == "webrtc" else {
            throw .invalidRequest("invalid_value", "Invalid value: 'transport.type'.", param: "transport.type")
        }
        if let id = transport["dcid"] {
            guard let number = id.numberValue?.integer, (0...65_534).contains(number) else {
                throw .invalidRequest("invalid_value", "Invalid value: 'transport.dcid'.", param: "transport.dcid")
            }
        }
        guard let sdp = transport["sdp"]?.stringValue else { throw LiveCreation.missing("transport.sdp") }
        offer = Array(sdp.utf8)
    }

    private static func judge(_ session: JSONObject) throws(OpenAIError) {
        var session = session
        // The schema is of session files, to which the service adds this member.
        if let identifier = session["safety_identifier"], identifier != .null, identifier.stringValue == nil {
            throw .invalidRequest(
                "invalid_type", "Invalid type for 'session.safety_identifier': expected a string.",
                param: "session.safety_identifier")
        }
        session["safety_identifier"] = nil
        guard let violation = Schema.violations(of: ["session": .object(session)], for: .live).first else { return }
        if violation.path == "session.audio.output.voice", session["audio"]?["output"]?["voice"]?.stringValue != nil {
            throw .noVoiceAccess
        }
        throw .invalidRequest(violation.code, violation.message, param: violation.path)
    }

    private static func object(_ name: String, in members: JSONObject) throws(OpenAIError) -> JSONObject {
        guard let value = members[name] else { throw missing(name) }
        guard let object = value.objectValue else {
            throw .invalidRequest("invalid_type", "Invalid type for '\(name)': expected an object.", param: name)
        }
        return object
    }

    private static func refuseOthers(
        than known: [String], in members: JSONObject, at path: String
    ) throws(OpenAIError) {
        for name in members.names where !known.contains(name) {
            throw .invalidRequest("unknown_parameter", "Unknown parameter: '\(path)\(name)'.", param: path + name)
        }
    }

    private static func missing(_ path: String) -> OpenAIError {
        .invalidRequest("missing_required_parameter", "Missing required parameter: '\(path)'.", param: path)
    }
}

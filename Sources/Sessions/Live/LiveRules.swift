import JSON

/// The rules between members of a Live session, and the values that are valid and unwise.
enum LiveRules {
    static func judge(_ session: JSON, into violations: inout [Violation]) {
        judgeModel(session["model"]?.stringValue, into: &violations)
        judgeDataChannel(session.value(at: ["client", "data_channel"]) ?? .null, into: &violations)
        judgeBackend(session.value(at: ["delegation", "responses"]) ?? .null, into: &violations)
        judgeTriggers(session["triggers"]?.arrayValue ?? [], into: &violations)
        judgeLengths(session, into: &violations)
        for (index, message) in (session["input"]?.arrayValue ?? []).enumerated() {
            judgePart(of: message, at: "session.input[\(index)]", into: &violations)
        }
        judgeIdling(session, into: &violations)
        if session["store"] == .bool(true) {
            doubt("session.store", "OpenAI keeps a recording of each call for 30 days", into: &violations)
        }
    }

    private static func judgeModel(_ model: String?, into violations: inout [Violation]) {
        guard let model, !ModelName.isKnown(model, among: ModelName.live) else { return }
        let path = "session.model"
        if ModelName.isOfRealtimeAPI(model) {
            let advice = #"write "type": "realtime", or use \#(ModelName.live[0])"#
            let fault = Violation.Fault.conflict("'\(model)' is a model of OpenAI's Realtime API; \(advice)")
            violations.append(Violation(path, fault, level: .refusedForModel))
        } else {
            let fault = Violation.Fault.unsupported(model, supported: ModelName.live)
            violations.append(Violation(path, fault, level: model.isEmpty ? .refusedByOpenAI : .doubtful))
        }
    }

    /// What a page may send and receive. Without lists the service sends its own.
    private static func judgeDataChannel(_ channel: JSON, into violations: inout [Violation]) {
        let (sent, received) = ("allowed_client_events", "allowed_server_events")
        let path = "session.client.data_channel"
        let danger = "lets the page replace the model, the instructions and the tools of the delegation"
        if channel[sent] == "all" {
            doubt("\(path).\(sent)", "\(danger); list the events that it needs", into: &violations)
        }
        for (index, event) in (channel[sent]?.arrayValue ?? []).enumerated() where event == "session.update" {
            doubt("\(path).\(sent)[\(index)]", "session.update \(danger)", into: &violations)
        }
        if channel[received] == "all" {
            let message = "sends the page the backend's calls of tools too; list the events that it needs"
            doubt("\(path).\(received)", message, into: &violations)
        }
        for (index, event) in (channel[received]?.arrayValue ?? []).enumerated() {
            guard let type = event["type"]?.stringValue else { continue }
            let place = "\(path).\(received)[\(index)].response_event"
            if type == "response.event", event["response_event"] == nil {
                violations.append(Violation(place, .missing))
            } else if type != "response.event", event["response_event"] != nil {
                violations.append(Violation(place, .foreign(owners: ["response.event"], type: type, allowed: [])))
            }
        }
    }

    private static func judgeBackend(_ backend: JSON, into violations: inout [Violation]) {
        let path = "session.delegation.responses"
        MemberRules.judgeTools(of: backend, at: path, into: &violations)
        for (index, tool) in (backend["tools"]?.arrayValue ?? []).enumerated() where tool["type"] == "mcp" {
            for name in tool["headers"]?.objectValue?.names ?? [] where isCredential(name) {
                doubt(
                    "\(path).tools[\(index)].headers.\(name)",
                    "session.started may show it to the page; put a secret into authorization", into: &violations)
            }
        }
    }

    private static func isCredential(_ header: String) -> Bool {
        ["auth", "token", "key", "secret", "cookie", "password"].contains(where: header.lowercased().contains)
    }

    private static func judgeTriggers(_ triggers: [JSON], into violations: inout [Violation]) {
        var places: [String: Int] = [:]
        for (index, trigger) in triggers.enumerated() {
            guard let event = trigger["event_type"]?.stringValue else { continue }
            if let first = places[event] {
                let message = "session.triggers[\(first)] has this event already"
                violations.append(Violation("session.triggers[\(index)].event_type", .conflict(message)))
            } else {
                places[event] = index
            }
        }
    }

    /// OpenAI counts tokens. A token has about four characters, so a text is judged roughly.
    private static func judgeLengths(_ session: JSON, into violations: inout [Violation]) {
        let input = (session["input"]?.arrayValue ?? []).flatMap { $0["content"]?.arrayValue ?? [] }
        let texts = [
            ("instructions", 16_384, [session["instructions"]?.stringValue]),
            ("input", 8192, input.map { $0["text"]?.stringValue }),
        ]
        for (member, tokens, parts) in texts {
            let count = parts.reduce(0) { $0 + ($1?.unicodeScalars.count ?? 0) }
            guard count > 4 * tokens else { continue }
            doubt(
                "session.\(member)", "OpenAI may refuse more than \(tokens) tokens, and these are \(count) characters",
                into: &violations)
        }
    }

    private static func judgePart(of message: JSON, at path: String, into violations: inout [Violation]) {
        guard let role = message["role"]?.stringValue,
            let type = message["content"]?.arrayValue?.first?["type"]?.stringValue
        else { return }
        let types = role == "assistant" ? ["output_text", "text"] : ["input_text"]
        guard !types.contains(type), ["input_text", "output_text", "text"].contains(type) else { return }
        let message = "the role \(role) has \(types.listed(by: "or")), not \(type)"
        violations.append(Violation("\(path).content[0].type", .conflict(message)))
    }

    private static func judgeIdling(_ session: JSON, into violations: inout [Violation]) {
        switch (session["idle_timeout_s"], session["wake_policy"]) {
        case (.some, nil):
            let message = "needs session.wake_policy, which says what wakes the session"
            violations.append(Violation("session.idle_timeout_s", .conflict(message)))
        case (nil, .some):
            doubt("session.wake_policy", "has no effect without session.idle_timeout_s", into: &violations)
        default: break
        }
    }

    private static func doubt(_ path: String, _ message: String, into violations: inout [Violation]) {
        violations.append(Violation(path, .conflict(message), level: .doubtful))
    }
}

import JSON

/// The rules between members of `session` that no model decides.
enum MemberRules {
    static func judge(_ session: JSON, into violations: inout [Violation]) {
        judgeTranscription(session.value(at: ["audio", "input", "transcription"]) ?? .null, into: &violations)
        judgeTools(session, into: &violations)
    }

    /// `language` and `languages` are refused together, by OpenAI's transcription guide.
    private static func judgeTranscription(_ transcription: JSON, into violations: inout [Violation]) {
        guard transcription["language"] != nil, transcription["languages"] != nil else { return }
        let model = transcription["model"]?.stringValue ?? ModelName.biasable[0]
        let isOlder =
            ModelName.isKnown(model, among: ModelName.transcribing)
            && !ModelName.isOne(model, of: ModelName.biasable)
        violations.append(
            Violation(
                "session.audio.input.transcription.language",
                .conflict("language and languages are refused together; leave out language\(isOlder ? "s" : "")")))
    }

    private static func judgeTools(_ session: JSON, into violations: inout [Violation]) {
        var places: [String: Int] = [:]
        for (index, tool) in (session["tools"]?.arrayValue ?? []).enumerated() where tool["type"] == "function" {
            let path = "session.tools[\(index)]"
            if let name = tool["name"]?.stringValue {
                if let first = places[name] {
                    doubt("\(path).name", "session.tools[\(first)] has this name already", into: &violations)
                } else {
                    places[name] = index
                }
            }
            if let type = tool["parameters"]?["type"], type != "object" {
                let words = #"a function's parameters are an "object", not \#(type)"#
                doubt("\(path).parameters.type", words, into: &violations)
            }
        }
        judgeToolChoice(session, names: places.keys.sorted(), into: &violations)
    }

    private static func judgeToolChoice(_ session: JSON, names: [String], into violations: inout [Violation]) {
        guard let choice = session["tool_choice"] else { return }
        if choice["type"] == "function", let name = choice["name"]?.stringValue, !names.contains(name) {
            let known = names.isEmpty ? "" : "; session.tools has \(names.listed(by: "and"))"
            doubt("session.tool_choice.name", "there is no function \(JSON.string(name))\(known)", into: &violations)
        }
        if choice["type"] == "mcp", let label = choice["server_label"], label.stringValue != nil,
            !(session["tools"]?.arrayValue ?? []).contains(where: { $0["server_label"] == label })
        {
            doubt("session.tool_choice.server_label", "there is no MCP server \(label)", into: &violations)
        }
    }

    private static func doubt(_ path: String, _ words: String, into violations: inout [Violation]) {
        violations.append(Violation(path, .conflict(words), level: .doubtful))
    }
}

import JSON

/// The rules between members of `session` that do not depend on the model.
enum MemberRules {
    static func judge(_ session: JSON, into violations: inout [Violation]) {
        judgeLanguages(session.value(at: ["audio", "input", "transcription"]) ?? .null, into: &violations)
        let names = judgeFunctions(session, into: &violations)
        judgeToolChoice(session, names: names, into: &violations)
    }

    /// OpenAI refuses `language` and `languages` together (transcription guide).
    private static func judgeLanguages(_ transcription: JSON, into violations: inout [Violation]) {
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

    /// - Returns: the names of the functions, in order.
    private static func judgeFunctions(_ session: JSON, into violations: inout [Violation]) -> [String] {
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
                let message = #"a function's parameters are an "object", not \#(type)"#
                doubt("\(path).parameters.type", message, into: &violations)
            }
        }
        return places.keys.sorted()
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

    private static func doubt(_ path: String, _ message: String, into violations: inout [Violation]) {
        violations.append(Violation(path, .conflict(message), level: .doubtful))
    }
}

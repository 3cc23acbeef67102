import JSON

/// The rules between members of `session` that do not depend on the model.
enum MemberRules {
    static func judge(_ session: JSON, into violations: inout [Violation]) {
        judgeLanguages(session.value(at: ["audio", "input", "transcription"]) ?? .null, into: &violations)
        judgeTools(of: session, at: "session", into: &violations)
    }

    /// - Parameter holder: what has the tools: the session, or the backend of a Live session.
    static func judgeTools(of holder: JSON, at path: String, into violations: inout [Violation]) {
        let names = judgeFunctions(of: holder, at: path, into: &violations)
        judgeToolChoice(of: holder, at: path, names: names, into: &violations)
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
    private static func judgeFunctions(
        of holder: JSON, at place: String, into violations: inout [Violation]
    ) -> [String] {
        var places: [String: Int] = [:]
        for (index, tool) in (holder["tools"]?.arrayValue ?? []).enumerated() where tool["type"] == "function" {
            let path = "\(place).tools[\(index)]"
            if let name = tool["name"]?.stringValue {
                if let first = places[name] {
                    doubt("\(path).name", "\(place).tools[\(first)] has this name already", into: &violations)
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

    private static func judgeToolChoice(
        of holder: JSON, at place: String, names: [String], into violations: inout [Violation]
    ) {
        guard let choice = holder["tool_choice"] else { return }
        if choice["type"] == "function", let name = choice["name"]?.stringValue, !names.contains(name) {
            let known = names.isEmpty ? "" : "; \(place).tools has \(names.listed(by: "and"))"
            doubt("\(place).tool_choice.name", "there is no function \(JSON.string(name))\(known)", into: &violations)
        }
        if choice["type"] == "mcp", let label = choice["server_label"], label.stringValue != nil,
            !(holder["tools"]?.arrayValue ?? []).contains(where: { $0["server_label"] == label })
        {
            doubt("\(place).tool_choice.server_label", "there is no MCP server \(label)", into: &violations)
        }
    }

    private static func doubt(_ path: String, _ message: String, into violations: inout [Violation]) {
        violations.append(Violation(path, .conflict(message), level: .doubtful))
    }
}

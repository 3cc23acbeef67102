import JSON

/// The message about a violation for the author of the file: what is wrong and what to write instead.
extension Violation {
    /// The message after the path: `must be 0.25 to 1.5, is 2`.
    func advice(for kind: SessionKind) -> String {
        switch fault {
        case .unknown(let allowed):
            LiveAdvice.message(about: path, in: kind) ?? "is not known; \(hint(for: kind, allowed: allowed))"
        case .foreign(_, _, let allowed) where names.count == 2:
            "is not known; \(hint(for: kind, allowed: ["type"] + allowed))"
        case .foreign(let owners, let type, let allowed):
            "only \(owners.listed(by: "and")) \(owners.count == 1 ? "has" : "have") it; \(type) has "
                + (allowed.isEmpty ? "no other member" : allowed.joined(separator: ", "))
        case .missing: "is required\(example(for: kind))"
        case .wrongType(let expected, let found):
            "must be \(expected.listed(by: "or")), is \(found.typeName)\(repair(of: found, expected: expected))"
        case .unsupported(let value, _)
        where path == "session.model" && kind != .live && ModelName.isKnown(value, among: ModelName.transcribing):
            "\(JSON.string(value)) only transcribes; name it in session.audio.input.transcription.model"
        case .unsupported(let value, let supported) where level == .doubtful:
            "\(JSON.string(value)) is not a known value and is sent unchanged"
                + (value.suggestion(value.nearest(in: supported)).map { "; \($0)" } ?? "")
        case .unsupported(let value, _) where path == "session.type":
            mustBe(SessionKind.allCases.map(\.rawValue), is: value, for: kind)
        case .unsupported(let value, let supported): mustBe(supported, is: value, for: kind)
        case .malformed(let value, let form): "must be \(form), is \(JSON.string(value))"
        case .outside(let limits, _, _, let found): "must be \(limits), is \(found.spelling)"
        case .count(let allowed, let found):
            "must have \(allowed.elements), has \(found)"
                + (path == "session.output_modalities" && found > 1
                    ? #"; write ["audio"], which comes with a transcript, or ["text"]"# : "")
        case .conflict(let message): message
        case .turnDetection(let model) where level == .doubtful:
            "the model '\(model)' may refuse turn detection; write null, or use gpt-transcribe"
        case .turnDetection(let model):
            "the model '\(model)' refuses turn detection: write \"turn_detection\": null, and the page ends each utterance "
                + "with input_audio_buffer.commit; or use gpt-transcribe, which supports turn detection"
        }
    }

    private var names: [String] { path.split(separator: ".").map(String.init) }

    /// The shape that the schema has for the member; nil for one that is not known.
    private func shape(for kind: SessionKind) -> Shape? {
        Schema.session(of: kind).shape(at: names.dropFirst())
    }

    /// `, as in 24000`, if only one number is valid.
    private func example(for kind: SessionKind) -> String {
        guard case .integer(let range)? = shape(for: kind), range.lowerBound == range.upperBound else { return "" }
        return ", as in \(range.lowerBound)"
    }

    private func mustBe(_ supported: [String], is value: String, for kind: SessionKind) -> String {
        if let numbers = shape(for: kind)?.integers?.limits {
            let repair = value.unquoted(as: ["an integer"])
            return "must be \(numbers), or \(supported.map { "\"\($0)\"" }.listed(by: "or")), is \"\(value)\"\(repair)"
        }
        let none = path.hasSuffix(".turn_detection.type") && value == "none"
        return "must be \(supported.listed(by: "or")), is \(JSON.string(value))"
            + (none ? "; for turns without detection write \"turn_detection\": null" : "")
    }

    /// What to write instead of an unknown name.
    private func hint(for kind: SessionKind, allowed: [String]) -> String {
        let name = names.last ?? ""
        let isTop = names.count == 1
        let isOfSession = names.count == 2 && names[0] == "session"
        if isOfSession, let legacy = LegacyMember.named(name) {
            return legacy.successor.isEmpty ? legacy.explanation : "it \(legacy.explanation)"
        }
        if isOfSession, let advice = Violation.misnomers[name] { return advice }
        // Tools of Chat Completions have it.
        if name == "strict", path.hasPrefix("session.tools[") {
            return "the Realtime API has no strict; leave it out"
        }
        if isOfSession, let owner = owner(of: name, except: kind) {
            let own = kind == .realtime ? "" : "; a \(kind) session has \(allowed.listed(by: "and"))"
            return "only a \(owner) session has it\(own)"
        }
        // The top of a file has our members as well as OpenAI's.
        let allowed = isTop ? allowed + ["access", "answer"] : allowed
        if let suggestion = name.suggestion(name.nearest(in: allowed)) { return suggestion }
        let elsewhere = Schema.session(of: kind).paths(below: "session").lazy.filter { $0.hasSuffix(".\(name)") }
        if let suggestion = elsewhere.compactMap({ path.suggestion($0) }).first { return suggestion }
        return "known here: \(allowed.joined(separator: ", "))"
    }

    /// The kind that has the member, for the author of a session of another kind.
    private func owner(of name: String, except kind: SessionKind) -> SessionKind? {
        [.realtime, .live].first { $0 != kind && Schema.session(of: $0).shape(at: [name]) != nil }
    }

    /// Advice on members of `session` that come from other interfaces and resemble no known name.
    private static let misnomers: [String: String] = [
        "config": "it is a wrapper of the Agents SDK; move its members to session and delete it",
        "providerData": "the Agents SDK sends its members in session itself; move them there and delete it",
        "reasoning_effort": "write it as session.reasoning.effort",
        "expires_after": "it belongs next to session, not inside it",
        "max_tokens": "did you mean session.max_output_tokens?",
        "max_completion_tokens": "did you mean session.max_output_tokens?",
        "system": "did you mean session.instructions?",
        "system_prompt": "did you mean session.instructions?",
    ]

    /// What to write instead of a value of a wrong type, where that is known.
    private func repair(of found: JSON, expected: [String]) -> String {
        // A format is an object, and was a name in the beta interface.
        if path.hasSuffix("put.format") { return #", as in {"type":"audio/pcm","rate":24000}"# }
        if found == .null { return "; leave it out" }
        return found.stringValue?.unquoted(as: expected) ?? ""
    }
}

extension String {
    /// `; write 4096 without quotes`, if the text is the JSON of a value of one of these types.
    fileprivate func unquoted(as types: [String]) -> String {
        guard let value = try? JSON(parsing: Array(utf8)) else { return "" }
        let isNumber = value.numberValue != nil && types.contains("a decimal")
        return isNumber || types.contains(value.typeName) ? "; write \(self) without quotes" : ""
    }
}

extension Shape {
    /// The integers that a value of this shape may be; nil if it may not be one.
    fileprivate var integers: ClosedRange<Int>? {
        switch self {
        case .integer(let range): range
        case .either(let shapes): shapes.lazy.compactMap(\.integers).first
        case .advisory(let shape): shape.integers
        default: nil
        }
    }
}

extension ClosedRange<Int> {
    /// A count of elements: `exactly 1 element`, `at least 1 element`, `at most 100 elements`.
    fileprivate var elements: String {
        let count =
            lowerBound == upperBound
            ? "exactly \(lowerBound)" : upperBound == .max ? "at least \(lowerBound)" : "at most \(upperBound)"
        return count.hasSuffix(" 1") ? "\(count) element" : "\(count) elements"
    }
}

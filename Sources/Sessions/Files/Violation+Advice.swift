import JSON

/// Our side of a violation: what is wrong and what is right, for the person who wrote the file.
extension Violation {
    /// The message after the path: `must be 0.25 to 1.5, is 2`.
    func advice(for kind: SessionKind) -> String {
        switch fault {
        case .unknown(let allowed): "is not known; \(hint(for: kind, allowed: allowed))"
        case .foreign(_, _, let allowed) where path.split(separator: ".").count == 2:
            "is not known; \(hint(for: kind, allowed: ["type"] + allowed))"
        case .foreign(let owners, let type, let allowed):
            "only \(owners.listed(by: "and")) \(owners.count == 1 ? "has" : "have") it; \(type) has "
                + (allowed.isEmpty ? "no other member" : allowed.joined(separator: ", "))
        case .missing: "is required\(example(for: kind))"
        case .wrongType(let expected, let found):
            "must be \(expected.listed(by: "or")), is \(found.typeName)\(repair(of: found, expected: expected))"
        case .unsupported(let value, _)
        where path == "session.model" && ModelName.isKnown(value, among: ModelName.transcribing):
            "\(JSON.string(value)) only transcribes; name it in session.audio.input.transcription.model"
        case .unsupported(let value, let supported) where level == .doubtful:
            "\(JSON.string(value)) is not known here and passed on as it is"
                + (value.nearest(in: supported).map { "; did you mean \($0)?" } ?? "")
        case .unsupported(let value, let supported): mustBe(supported, is: value, for: kind)
        case .malformed(let value, let form): "must be \(form), is \(JSON.string(value))"
        case .below(_, let limits, let found), .above(_, let limits, let found):
            "must be \(limits), is \(found.spelling)"
        case .count(let allowed, let found):
            "must have \(allowed.inWords) element\(allowed.isOne ? "" : "s"), has \(found)"
        case .conflict(let words): words
        case .turnDetection(let model) where level == .doubtful:
            "the model '\(model)' may refuse turn detection; write null, or use gpt-transcribe"
        case .turnDetection(let model):
            "the model '\(model)' refuses turn detection: write \"turn_detection\": null, and the page ends each utterance "
                + "with input_audio_buffer.commit; or use gpt-transcribe, which takes turn detection"
        }
    }

    /// `, as in 24000`, where a missing number can have one value only.
    private func example(for kind: SessionKind) -> String {
        guard case .integer(let range)? = shape(for: kind), range.lowerBound == range.upperBound else { return "" }
        return ", as in \(range.lowerBound)"
    }

    /// The shape that the schema has for the member, nil for one that is not known.
    private func shape(for kind: SessionKind) -> Shape? {
        Schema.session(of: kind).shape(at: path.split(separator: ".").map(String.init).dropFirst())
    }

    private func mustBe(_ supported: [String], is value: String, for kind: SessionKind) -> String {
        if let numbers = shape(for: kind)?.numbers {
            let repair = value.unquoted(as: ["an integer"])
            return "must be \(numbers), or \(supported.map { "\"\($0)\"" }.listed(by: "or")), is \"\(value)\"\(repair)"
        }
        let none = path.hasSuffix(".turn_detection.type") && value == "none"
        return "must be \(supported.listed(by: "or")), is \(JSON.string(value))"
            + (none ? "; for turns without detection write \"turn_detection\": null" : "")
    }

    private func hint(for kind: SessionKind, allowed: [String]) -> String {
        let parts = path.split(separator: ".").map(String.init)
        let name = parts.last ?? ""
        let holder = parts.dropLast().joined(separator: ".")
        if parts.count == 2, parts[0] == "session", let legacy = LegacyMember.named(name) {
            return legacy.explanation
        }
        if let advice = Misnomer.advice(on: name, in: holder) { return advice }
        if parts.count == 2, parts[0] == "session", kind != .realtime,
            Schema.session(of: .realtime).shape(at: [name]) != nil
        {
            return "only a realtime session has it; a \(kind) session has \(allowed.listed(by: "and"))"
        }
        // Beside OpenAI's members a file has ours.
        let allowed = parts.count == 1 ? allowed + ["access", "answer"] : allowed
        if let near = name.nearest(in: allowed), let suggestion = Suggestion(near, insteadOf: name) {
            return "\(suggestion)"
        }
        let elsewhere = Schema.session(of: kind).paths(below: "session").lazy.filter { $0.hasSuffix(".\(name)") }
        if let suggestion = elsewhere.compactMap({ Suggestion($0, insteadOf: path) }).first { return "\(suggestion)" }
        return allowed.isEmpty ? "no members are allowed here" : "known here: \(allowed.joined(separator: ", "))"
    }

    /// What to write for a value of a wrong type, where that can be told.
    private func repair(of found: JSON, expected: [String]) -> String {
        // The form of audio is an object, which the beta interface spelled as a word.
        if path.hasSuffix("put.format") { return #", as in {"type":"audio/pcm","rate":24000}"# }
        if found == .null { return "; leave it out" }
        return found.stringValue?.unquoted(as: expected) ?? ""
    }
}

/// A member that an unknown one may have been meant for; never the unknown one itself.
struct Suggestion: CustomStringConvertible {
    private let candidate: String

    /// Nil when the candidate is what was refused.
    init?(_ candidate: String, insteadOf refused: String) {
        guard candidate != refused else { return nil }
        self.candidate = candidate
    }

    /// `did you mean session.audio.output.voice?`
    var description: String { "did you mean \(candidate)?" }
}

/// A name from another interface, for which no known name is near enough to be found by its letters.
private struct Misnomer {
    let names: [String]
    let advice: String

    static func advice(on name: String, in holder: String) -> String? {
        // The tools of chat completions have it; the rest are members of the session.
        if name == "strict", holder.hasPrefix("session.tools[") {
            return "the Realtime API has no strict; leave it out"
        }
        return holder == "session" ? all.first { $0.names.contains(name) }?.advice : nil
    }

    private static let all = [
        Misnomer(
            names: ["config"], advice: "it is a wrapper of the Agents SDK; move its members to session and delete it"),
        Misnomer(
            names: ["providerData", "provider_data"],
            advice: "the Agents SDK sends its members in session itself; move them there and delete it"),
        Misnomer(names: ["reasoning_effort"], advice: "write it as session.reasoning.effort"),
        Misnomer(names: ["expires_after"], advice: "it belongs beside session, not in it"),
        Misnomer(
            names: ["max_tokens", "max_completion_tokens", "max_response_tokens"],
            advice: "did you mean session.max_output_tokens?"),
        Misnomer(
            names: ["system", "system_prompt", "system_instruction", "system_instructions"],
            advice: "did you mean session.instructions?"),
    ]
}

extension String {
    /// `; write 4096 without quotes`, where the text spells a value of one of these types.
    fileprivate func unquoted(as types: [String]) -> String {
        guard let value = try? JSON(parsing: Array(utf8)) else { return "" }
        let isNumber = value.numberValue != nil && types.contains("a decimal")
        return isNumber || types.contains(value.typeName) ? "; write \(self) without quotes" : ""
    }
}

extension Shape {
    /// The numbers that a value of this shape may be, in words; nil where none may.
    fileprivate var numbers: String? {
        switch self {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .either(let shapes): shapes.lazy.compactMap(\.numbers).first
        case .advisory(let shape): shape.numbers
        default: nil
        }
    }
}

extension ClosedRange<Int> {
    /// Of a count: `exactly 1`, `at least 1`, `at most 100`.
    fileprivate var inWords: String {
        if upperBound == .max { return "at least \(lowerBound)" }
        return lowerBound == upperBound ? "exactly \(lowerBound)" : "at most \(upperBound)"
    }

    fileprivate var isOne: Bool {
        (upperBound == .max || lowerBound == upperBound ? lowerBound : upperBound) == 1
    }
}

/// Our side of a violation: what is wrong and what is right, for the person who wrote the file.
extension Violation {
    /// The words behind the path: `must be 0.25 to 1.5, is 2`.
    func advice(for kind: SessionKind) -> String {
        switch fault {
        case .unknown(let allowed): "is not known; \(hint(for: kind, allowed: allowed))"
        case .missing: "is required"
        case .wrongType(let expected, let found):
            "must be \(expected.listed(by: "or")), is \(found)\(formExample)"
        case .unsupported(let value, let supported) where level == .doubtful:
            "\(JSON.string(value)) is not known here and passed on as it is"
                + (value.nearest(in: supported).map { "; did you mean \($0)?" } ?? "")
        case .unsupported(let value, let supported):
            "must be \(supported.listed(by: "or")), is \(JSON.string(value))"
        case .malformed(let value, let form): "must be \(form), is \(JSON.string(value))"
        case .below(_, let limits, let found), .above(_, let limits, let found):
            "must be \(limits), is \(found.spelling)"
        case .count(let allowed, let found):
            "must have \(allowed.upperBound == .max ? "at least" : "exactly") \(allowed.lowerBound) "
                + "element\(allowed.lowerBound == 1 ? "" : "s"), has \(found)"
        case .conflict(let words): words
        }
    }

    private func hint(for kind: SessionKind, allowed: [String]) -> String {
        let parts = path.split(separator: ".").map(String.init)
        let name = parts.last ?? ""
        if parts.count == 2, parts[0] == "session", let legacy = LegacyMember.named(name) {
            return legacy.explanation
        }
        if parts.count == 2, parts[0] == "session", kind != .realtime,
            Schema.session(of: .realtime).shape(at: [name]) != nil
        {
            return "only a realtime session has it; a \(kind) session has \(allowed.listed(by: "and"))"
        }
        // Beside OpenAI's members a file has ours.
        let allowed = parts.count == 1 ? allowed + ["access", "answer"] : allowed
        if let near = name.nearest(in: allowed) { return "did you mean \(near)?" }
        let elsewhere = Schema.session(of: kind).paths(below: "session").filter { $0.hasSuffix(".\(name)") }
        if let first = elsewhere.first { return "did you mean \(first)?" }
        return allowed.isEmpty ? "nothing may stand here" : "known here: \(allowed.joined(separator: ", "))"
    }

    /// The form of audio is an object, which the beta interface spelled as a word.
    private var formExample: String {
        path.hasSuffix("put.format") ? #", as in {"type":"audio/pcm","rate":24000}"# : ""
    }
}

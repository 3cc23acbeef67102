import JSON

/// The member `access.overrides`.
extension AccessReader {
    /// Members that a request can never change: they decide what the session costs, what it says, and what the page may
    /// do in it.
    private static let fixed = [
        ["type"], ["model"], ["instructions"], ["tools"], ["prompt"], ["client"], ["input"], ["store"], ["triggers"],
        ["delegation", "type"], ["delegation", "decisions"], ["delegation", "responses", "model"],
        ["delegation", "responses", "instructions"], ["delegation", "responses", "tools"],
        ["delegation", "responses", "service_tier"],
    ]
    private static let longestPath = 32
    private static let range = Shape.object([.optional("min", .anything), .optional("max", .anything)])

    mutating func readOverrides(_ overrides: JSONObject) -> [OverrideRule] {
        let known = Set(Schema.judge(body, as: kind))
        var rules: [OverrideRule] = []
        for override in overrides.members {
            let name = override.name
            let place = "access.overrides.\(name)"
            let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if let objection = objection(to: name, path, beside: rules) {
                refuse(place, objection)
            } else if let values = values(override.value, of: name, path, at: place) {
                let rule = OverrideRule(path: path, values: values)
                judge(rule, at: place, knowing: known)
                rules.append(rule)
            }
        }
        return rules
    }

    private func objection(to name: String, _ path: [String], beside rules: [OverrideRule]) -> String? {
        // Objects in each other are visited by recursion, which a long path would take beyond the end of the stack.
        if path.count > AccessReader.longestPath { return "has more than \(AccessReader.longestPath) names" }
        let session = Schema.session(of: kind)
        if session.shape(at: path) == nil {
            let paths = session.paths(below: "session").map { String($0.dropFirst("session.".count)) }
            let hint = name.suggestion(name.nearest(in: paths)).map { "; \($0)" } ?? ""
            return "a \(kind) session has no session.\(name)\(hint)"
        }
        if let fixed = AccessReader.fixed.first(where: { $0.starts(with: path) || path.starts(with: $0) }) {
            return "a request must not change \(fixed.joined(separator: "."))"
        }
        let other = rules.first { $0.path.starts(with: path) || path.starts(with: $0.path) }
        return other.map { "overlaps with \($0.name)" }
    }

    private mutating func values(
        _ value: JSON, of name: String, _ path: [String], at place: String
    ) -> OverrideRule.Values? {
        switch value {
        case .array(let allowed) where !allowed.isEmpty: return .oneOf(allowed)
        case .object(let object) where object["min"] != nil || object["max"] != nil:
            guard judge(value, by: AccessReader.range, at: place) else { return nil }
            if let least = object["min"]?.numberValue?.double, let most = object["max"]?.numberValue?.double,
                least <= most, least.isFinite, most.isFinite
            {
                return .number(least...most)
            }
            refuse(place, #"must have both, as in {"min": 0.8, "max": 1.2}"#)
        case .object:
            if Schema.session(of: kind).shape(at: path)?.hasType(of: "") == true {
                return readTextLimit(value, at: place).map { .text($0) }
            }
            refuse(place, "limits a text, but session.\(name) is not a string")
        default:
            refuse(place, #"must be a list of values, {"min": …, "max": …} or {"maxLength": …}"#)
        }
        return nil
    }

    /// Puts each value that a request may choose into the session, which must stay valid.
    private mutating func judge(_ rule: OverrideRule, at place: String, knowing known: Set<Violation>) {
        let samples: [(String, JSON)] =
            switch rule.values {
            case .oneOf(let allowed): allowed.enumerated().map { ("\(place)[\($0)]", $1) }
            case .number(let range):
                [
                    ("\(place).min", .number(JSONNumber(shortest: range.lowerBound))),
                    ("\(place).max", .number(JSONNumber(shortest: range.upperBound))),
                ]
            case .text: []
            }
        for (place, value) in samples {
            let changed = body.replacing(value, at: ["session"] + rule.path)
            for violation in Schema.judge(changed, as: kind) where !known.contains(violation) {
                refuse(
                    place, "\(violation.path) \(violation.advice(for: kind))", rules.owner.severity(of: violation.level)
                )
            }
        }
    }
}

import JSON

/// The member `access.overrides`.
extension AccessReader {
    /// What the browser never chooses: it decides what the session costs and what it says.
    private static let fixed = ["type", "model", "instructions", "tools", "prompt"]

    mutating func readOverrides(_ value: JSON) {
        guard let overrides = object(value, at: "access.overrides") else { return }
        for override in overrides.members {
            let name = override.name
            let at = "access.overrides.\(name)"
            let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard let shape = Schema.session(of: kind).shape(at: path[...]) else {
                let known = Schema.session(of: kind).paths(below: "session").map {
                    String($0.dropFirst("session.".count))
                }
                let hint = name.nearest(in: known).flatMap { Suggestion($0, insteadOf: name) }.map { "; \($0)" } ?? ""
                refuse(at, "a \(kind) session has no session.\(name)\(hint)")
                continue
            }
            if AccessReader.fixed.contains(path[0]) {
                refuse(at, "a request must not change \(path[0])")
            } else if let outer = access.overrides.first(where: {
                $0.path.starts(with: path) || path.starts(with: $0.path)
            }) {
                refuse(at, "overlaps with \(outer.name)")
            } else if let values = values(override.value, shape: shape, at: at) {
                let rule = OverrideRule(path: path, values: values)
                hold(rule, at: at)
                allow(rule)
            }
        }
    }

    private mutating func values(_ value: JSON, shape: Shape, at path: String) -> OverrideRule.Values? {
        switch value {
        case .array(let allowed) where !allowed.isEmpty: return .oneOf(allowed)
        case .object(let object) where object["min"] != nil || object["max"] != nil:
            refuseUnknown(object, allowed: ["min", "max"], at: path)
            guard let least = object["min"]?.numberValue?.double, let most = object["max"]?.numberValue?.double,
                least <= most,
                least.isFinite, most.isFinite
            else {
                refuse(path, #"must have both, as in {"min": 0.8, "max": 1.2}"#)
                return nil
            }
            return .number(least...most)
        case .object(let object):
            guard shape.hasType(of: "") else {
                refuse(path, "has a length, and session.\(path.dropFirst("access.overrides.".count)) is not a string")
                return nil
            }
            return textLimit(object, at: path).map { .text($0) }
        default:
            refuse(path, #"must be a list of values, {"min": …, "max": …} or {"maxLength": …}"#)
            return nil
        }
    }

    /// Puts each value that may be chosen where it would go: the session must stay valid.
    private mutating func hold(_ rule: OverrideRule, at path: String) {
        let before = Set(Schema.judge(body, as: kind))
        let samples: [(String, JSON)] =
            switch rule.values {
            case .oneOf(let allowed): allowed.enumerated().map { ("\(path)[\($0)]", $1) }
            case .number(let range):
                [("\(path).min", sample(range.lowerBound)), ("\(path).max", sample(range.upperBound))]
            case .text: []
            }
        for (place, value) in samples {
            let changed = body.replacing(value, at: (["session"] + rule.path)[...])
            for violation in Schema.judge(changed, as: kind) where !before.contains(violation) {
                let severity = rules.owner.severity(of: violation.level)
                note(Finding(severity, file: file, path: place, "\(violation.path) \(violation.advice(for: kind))"))
            }
        }
    }

    private func sample(_ number: Double) -> JSON {
        .number(Int(exactly: number).map { JSONNumber($0) } ?? JSONNumber(number))
    }
}

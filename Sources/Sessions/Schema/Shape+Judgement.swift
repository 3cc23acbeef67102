import JSON

/// The comparison of a value with a shape.
extension Shape {
    /// Adds the violations of the value, in document order; members that an object lacks come before those that it has.
    func judge(_ value: JSON, at path: String, into violations: inout [Violation]) {
        guard hasType(of: value) else {
            violations.append(Violation(path, .wrongType(expected: typeNames, found: value)))
            return
        }
        switch (self, value) {
        case (.text(let rules), .string(let text)):
            for rule in rules { rule.judge(text, at: path, into: &violations) }
        case (.integer(let range), .number(let number)):
            // A number that does not fit an Int is outside of every range.
            let integer = number.integer ?? (number.spelling.hasPrefix("-") ? Int.min : Int.max)
            if integer < range.lowerBound || integer > range.upperBound || number.integer == nil {
                let isAbove = integer > range.lowerBound
                let limit = "\(isAbove ? range.upperBound : range.lowerBound)"
                violations.append(
                    Violation(path, .outside(limits: range.limits, limit: limit, isAbove: isAbove, found: number)))
            }
        case (.number(let range), .number(let number)):
            if !range.contains(number.double) {
                let isAbove = number.double > range.upperBound
                let limits = [range.lowerBound, range.upperBound].map { Int(exactly: $0).map(String.init) ?? "\($0)" }
                violations.append(
                    Violation(
                        path,
                        .outside(
                            limits: limits.joined(separator: " to "), limit: limits[isAbove ? 1 : 0], isAbove: isAbove,
                            found: number)))
            }
        case (.array(let element, let count), .array(let elements)):
            if !count.contains(elements.count) {
                violations.append(Violation(path, .count(allowed: count, found: elements.count)))
            }
            for (index, item) in elements.enumerated() {
                element.judge(item, at: "\(path)[\(index)]", into: &violations)
            }
        case (.map(let element), .object(let object)):
            for member in object.members {
                element.judge(member.value, at: "\(path).\(member.name)", into: &violations)
            }
        case (.object(let members), .object(let object)):
            let allowed = members.map(\.name)
            Shape.judge(object, by: members, at: path, into: &violations) { _ in .unknown(allowed: allowed) }
        case (.tagged(let variants), .object(let object)):
            Shape.judge(object, byVariants: variants, at: path, into: &violations)
        case (.either(let shapes), _):
            shapes.first { $0.hasType(of: value) }?.judge(value, at: path, into: &violations)
        case (.advisory(let shape), _):
            var found: [Violation] = []
            shape.judge(value, at: path, into: &found)
            violations += found.map(\.weakened)
        default: break
        }
    }

    private static func judge(
        _ object: JSONObject, by members: [Member], at path: String, into violations: inout [Violation],
        unknown: (String) -> Violation.Fault
    ) {
        let prefix = path.isEmpty ? "" : "\(path)."
        for member in members where member.isRequired && object[member.name] == nil {
            violations.append(Violation(prefix + member.name, .missing))
        }
        for member in object.members {
            guard let known = members.first(where: { $0.name == member.name }) else {
                violations.append(Violation(prefix + member.name, unknown(member.name)))
                continue
            }
            known.shape.judge(member.value, at: prefix + member.name, into: &violations)
        }
    }

    private static func judge(
        _ object: JSONObject, byVariants variants: [Variant], at path: String, into violations: inout [Violation]
    ) {
        // Without a type no rule for the other members is known.
        guard let type = object["type"] else {
            violations.append(Violation("\(path).type", .missing))
            return
        }
        guard let variant = variants.first(where: { .string($0.tag) == type }) else {
            Shape.text([.oneOf(variants.map(\.tag))]).judge(type, at: "\(path).type", into: &violations)
            return
        }
        if variant.isOpen { return }
        if let first = variant.needsOneOf.first, !variant.needsOneOf.contains(where: { object[$0] != nil }) {
            violations.append(Violation("\(path).\(first)", .missing))
        }
        judge(object, by: [.required("type", .anything)] + variant.members, at: path, into: &violations) { name in
            let owners = variants.filter { $0.members.contains { $0.name == name } }.map(\.tag)
            let own = variant.members.map(\.name)
            return owners.isEmpty
                ? .unknown(allowed: ["type"] + own) : .foreign(owners: owners, type: variant.tag, allowed: own)
        }
    }
}

extension Shape.TextRule {
    fileprivate func judge(_ text: String, at path: String, into violations: inout [Violation]) {
        switch self {
        case .oneOf(let values):
            if !values.contains(text) { violations.append(Violation(path, .unsupported(text, supported: values))) }
        case .known(let values, let refused):
            if ModelName.isKnown(text, among: values) { break }
            let violation = Violation(path, .unsupported(text, supported: values))
            violations.append(refused.contains(text) ? violation : violation.weakened)
        case .form(let form, let matches):
            if !matches(text) { violations.append(Violation(path, .malformed(text, form: form))) }
        case .customary(let form, let matches):
            if !matches(text) { violations.append(Violation(path, .malformed(text, form: form), level: .doubtful)) }
        case .deprecated(let message):
            violations.append(Violation(path, .conflict(message), level: .doubtful))
        }
    }
}

extension ClosedRange<Int> {
    /// `10 to 7200`, `24000`, `at least 0`.
    var limits: String {
        if upperBound == .max { return "at least \(lowerBound)" }
        return lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)"
    }
}

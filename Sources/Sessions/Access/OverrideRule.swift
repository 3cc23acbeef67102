import JSON
import Text

/// A member of `session` that a request may change, and the values that it may have.
struct OverrideRule: Sendable {
    /// What a request may put there.
    enum Values: Sendable {
        case oneOf([JSON])
        case number(ClosedRange<Double>)
        case text(TextLimit)
    }

    /// The path below `session`.
    let path: [String]
    let values: Values

    /// The name that requests use: `audio.output.voice`.
    var name: String { path.joined(separator: ".") }

    /// The value to send upstream for the value in a request.
    func value(for given: JSON) throws(Invalid) -> JSON {
        switch values {
        case .oneOf(let allowed):
            // The spelling of the file is sent, not that of the request.
            if let value = allowed.first(where: { $0.means(given) }) { return value }
            throw refusal("must be \(allowed.map(\.description).listed(by: "or"))")
        case .number(let range):
            guard let number = given.numberValue?.double, range.contains(number) else {
                throw refusal("must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(JSONNumber(shortest: number))
        case .text(let limit):
            guard let text = given.stringValue else { throw refusal("must be a string") }
            if let objection = limit.objection(to: text) { throw refusal(objection) }
            return given
        }
    }

    private func refusal(_ reason: String) -> Invalid {
        Invalid(reason, part: "overrides.\(name)")
    }
}

extension JSONNumber {
    /// A finite number, without a fraction where it is whole.
    init(shortest value: Double) {
        self = Int(exactly: value).map { JSONNumber($0) } ?? JSONNumber(value)
    }
}

/// The limit on a text that a request supplies: how long it may be, and which pattern it must match.
struct TextLimit: Sendable {
    /// Unicode scalars.
    let maxLength: Int
    let pattern: TextPattern?

    /// Why the text is refused; nil when it is accepted.
    func objection(to text: String) -> String? {
        let scalars = text.unicodeScalars
        if scalars.count > maxLength { return "must have at most \(maxLength) characters, has \(scalars.count)" }
        if let pattern { return pattern.matches(text) ? nil : "must match \(pattern.source)" }
        // Without a pattern a text is one line: forged instructions begin with line breaks.
        let hasControls = scalars.contains { scalar in
            scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
        }
        return hasControls ? "must not contain line breaks or other control characters" : nil
    }
}

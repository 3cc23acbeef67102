import JSON

/// A member of `session` that a request may change, and to what.
struct OverrideRule: Sendable {
    /// What a request may put there.
    enum Values: Sendable {
        case oneOf([JSON])
        case number(ClosedRange<Double>)
        case text(TextLimit)
    }

    /// Below `session`.
    let path: [String]
    let values: Values

    /// As a request names it: `audio.output.voice`.
    var name: String { path.joined(separator: ".") }

    /// The value to send for the one that a request gave.
    func value(for given: JSON) throws(InvalidRequest) -> JSON {
        switch values {
        case .oneOf(let allowed):
            // Ours is sent, not the stranger's spelling of it.
            if let value = allowed.first(where: { $0.means(given) }) { return value }
            throw refusal("must be \(allowed.map(\.description).listed(by: "or"))")
        case .number(let range):
            guard let number = given.numberValue?.double, range.contains(number) else {
                throw refusal("must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(Int(exactly: number).map { JSONNumber($0) } ?? JSONNumber(number))
        case .text(let rule):
            guard let text = given.stringValue else { throw refusal("must be a string") }
            if let objection = rule.objection(to: text) { throw refusal(objection) }
            return given
        }
    }

    private func refusal(_ message: String) -> InvalidRequest {
        InvalidRequest("overrides.\(name)", message)
    }
}

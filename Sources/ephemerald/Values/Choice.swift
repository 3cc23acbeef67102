/// A setting with a few values to choose from.
enum Choice {
    /// Reads one of the cases by its name.
    static func parse<Value: CaseIterable & RawRepresentable<String>>(
        _ text: String, as type: Value.Type
    ) throws(InvalidValue) -> Value {
        guard let value = Value(rawValue: text) else { throw InvalidValue("write \(list(type))") }
        return value
    }

    /// The names of the cases: `a, b or c`.
    static func list<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        let names = Value.allCases.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return "\(names.dropLast().joined(separator: ", ")) or \(last)"
    }
}

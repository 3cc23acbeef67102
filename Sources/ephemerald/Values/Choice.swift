import Sessions

/// A setting with a few values to choose from.
enum Choice {
    /// Reads one of the cases by its name.
    static func parse<Value: CaseIterable & RawRepresentable<String>>(
        _ text: String, as type: Value.Type
    ) throws(InvalidValue) -> Value {
        guard let value = Value(rawValue: text) else {
            throw InvalidValue("write \(list(type))\(text.suggestion(among: Value.allCases.map(\.rawValue)))")
        }
        return value
    }

    /// The names of the cases: `a, b or c`.
    static func list<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        let names = Value.allCases.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return "\(names.dropLast().joined(separator: ", ")) or \(last)"
    }
}

extension String {
    /// `; did you mean slow-headers?`, when one of the names is much like this; else empty.
    func suggestion(among names: [String]) -> String {
        guard count > 2 else { return "" }
        return lowercased().nearest(in: names).map { "; did you mean \($0)?" } ?? ""
    }
}

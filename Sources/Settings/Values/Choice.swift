import Sessions
import System
package import Text

/// A setting with a few values to choose from.
package enum Choice {
    /// Reads one of the cases by its name.
    package static func parse<Value: CaseIterable & RawRepresentable<String>>(
        _ text: String, as type: Value.Type
    ) throws(Invalid) -> Value {
        guard let value = Value(rawValue: text) else {
            throw Invalid("write \(list(type))\(text.suggestion(among: Value.allCases.map(\.rawValue)))")
        }
        return value
    }

    /// The names of the cases: `a, b or c`.
    private static func list<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        let names = Value.allCases.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return "\(names.dropLast().joined(separator: ", ")) or \(last)"
    }
}

extension String {
    /// `; did you mean slow-headers?`, when one of the names is similar; otherwise empty.
    func suggestion(among names: [String]) -> String {
        guard count > 2 else { return "" }
        return lowercased().nearest(in: names).map { "; did you mean \($0)?" } ?? ""
    }
}

extension String {
    /// The entries of a comma list, without the spaces around them.
    var listEntries: [String] {
        split(separator: ",", omittingEmptySubsequences: false).map { entry in
            var entry = entry
            while entry.first?.isWhitespace == true { entry.removeFirst() }
            while entry.last?.isWhitespace == true { entry.removeLast() }
            return String(entry)
        }
    }
}

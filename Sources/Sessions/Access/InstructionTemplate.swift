import Text

/// Instructions with places for variables: `You help {{customer}}.`
///
/// The text is split once, when the file is read. Values are not searched for places, so a value that contains
/// `{{other}}` stays that text.
struct InstructionTemplate: Sendable {
    /// The texts before, between and after the places: one more than there are places.
    private var texts: [String] = []
    /// The names of the places, in order, with repetitions.
    private(set) var variables: [String] = []
    /// Names in places that have spaces inside, as in `{{ name }}`.
    private(set) var misspelled: [String] = []

    init(_ instructions: String) {
        var rest = instructions[...]
        var text = ""
        while let open = rest.firstRange(of: "{{") {
            text += rest[..<open.lowerBound]
            let inner = rest[open.upperBound...]
            // A name is short, so its end must be near.
            let close = inner.prefix(100).firstRange(of: "}}")
            let name = close.map { String(inner[..<$0.lowerBound]) } ?? ""
            let trimmed = name.filter { $0 != " " }
            if let close, InstructionTemplate.isName(name) {
                texts.append(text)
                variables.append(name)
                text = ""
                rest = inner[close.upperBound...]
            } else {
                if InstructionTemplate.isName(trimmed) { misspelled.append(name) }
                // In `{{{name}}}` the place begins at the second brace.
                text.append("{")
                rest = rest[open.lowerBound...].dropFirst()
            }
        }
        texts.append(text + rest)
    }

    /// Whether a variable can have that name: `[A-Za-z_][A-Za-z0-9_]{0,63}`.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !first.isDigit, text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    /// The instructions with a value in each place.
    func filled(with values: [String: String]) -> String {
        var text = texts[0]
        for (name, following) in zip(variables, texts.dropFirst()) { text += (values[name] ?? "") + following }
        return text
    }
}

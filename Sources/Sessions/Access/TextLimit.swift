/// A text that a request supplies: how long it may be and what it may consist of.
struct TextLimit: Sendable {
    /// In Unicode scalars.
    let maxLength: Int
    let pattern: TextPattern?

    /// Why the text is refused, nil when it is not.
    func objection(to text: String) -> String? {
        let scalars = text.unicodeScalars
        if scalars.count > maxLength { return "must have at most \(maxLength) characters, has \(scalars.count)" }
        if let pattern { return pattern.matches(text) ? nil : "must match \(pattern.source)" }
        // Without a pattern a text is one line: line breaks are what forged instructions are made of.
        let hasControls = scalars.contains { $0.properties.generalCategory == .control || $0.isLineSeparator }
        return hasControls ? "must not contain line breaks or other control characters" : nil
    }
}

extension UnicodeScalar {
    fileprivate var isLineSeparator: Bool { value == 0x2028 || value == 0x2029 }
}

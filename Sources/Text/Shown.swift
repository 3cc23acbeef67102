/// Untrusted text, made safe to show in a terminal or a log.
extension String {
    /// At most so many characters, and none of them a control character: a log is read in terminals.
    package func loggable(_ limit: Int) -> String {
        let bytes = utf8.span
        let isClean = bytes.count <= limit && bytes.indices.allSatisfy { (0x20..<0x7F).contains(bytes[$0]) }
        if isClean { return self }
        let scalars = unicodeScalars.prefix(limit).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: Unicode.Scalar("\u{FFFD}")
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// With what would steer a terminal or begin a line escaped: names of files may hold anything.
    package var withoutControls: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The value as a problem may show it: quoted, escaped, shortened; not at all when it looks like an API key that
    /// went into the wrong place.
    package var shown: String {
        guard !looksLikeKey else { return "<redacted, it looks like a key>" }
        return count <= 120 ? debugDescription : "\(String(prefix(120)).debugDescription)…"
    }

    /// Whether a word of it starts with `sk-`, as OpenAI's keys do, or with `ek_`, as client secrets do.
    package var looksLikeKey: Bool {
        let words = split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "_" }
        return words.contains { $0.hasPrefix("sk-") || $0.hasPrefix("ek_") }
    }
}

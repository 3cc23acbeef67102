extension String {
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

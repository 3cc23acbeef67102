package import HTTP

/// A list of allowed origins, made ready so that an exact origin costs one hash and no parsing.
package struct OriginList: Hashable, Sendable {
    private let exact: Set<String>
    /// The entries that admit several origins.
    private let patterns: [OriginPattern]

    /// The order does not matter; an empty list admits nobody.
    package init(_ entries: [OriginPattern]) {
        exact = Set(entries.compactMap(\.exactOrigin))
        patterns = entries.filter { $0.exactOrigin == nil }
    }

    /// Whether the value of an `Origin` field is on the list. Browsers have one spelling for an origin, so an exact
    /// entry is compared as it stands.
    package func contains(_ header: String) -> Bool {
        // Browsers send neither longer ones nor others than ASCII, and hashing what strangers send may take long.
        guard header.utf8.count <= 512, header.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        if exact.contains(header) { return true }
        guard !patterns.isEmpty, let origin = Origin(header) else { return false }
        return patterns.contains { $0.matches(origin) }
    }
}

package import HTTP

/// A list of allowed origins. A request is compared with the few entries that are filed under its own keys, however
/// many there are.
package struct OriginList: Hashable, Sendable {
    /// The entries, bucket by bucket.
    private let entries: [OriginPattern]
    /// Where each bucket begins in `entries`, and the end of the last one. The number of buckets is a power of two.
    private let starts: [Int]

    /// The order does not matter; an empty list admits no origin.
    package init(_ entries: [OriginPattern]) {
        var buckets: [[OriginPattern]] = [[]]
        while buckets.count < 2 * entries.count { buckets += buckets }
        for entry in entries { buckets[OriginList.bucket(of: entry.key, among: buckets.count)].append(entry) }
        self.entries = buckets.flatMap(\.self)
        starts = buckets.reduce(into: [0]) { starts, bucket in starts.append((starts.last ?? 0) + bucket.count) }
    }

    /// Whether an entry admits the origin.
    package func contains(_ origin: Origin) -> Bool {
        hasEntry(for: origin) { $0.matches(origin) }
    }

    /// Whether an entry admits the same page under the other of `http` and `https`.
    func containsUnderOtherScheme(_ origin: Origin) -> Bool {
        hasEntry(for: origin) { $0.matchesUnderOtherScheme(origin) }
    }

    private func hasEntry(for origin: Origin, where isMatch: (OriginPattern) -> Bool) -> Bool {
        let keys = origin.keys
        return hasEntry(under: keys.whole, where: isMatch) || hasEntry(under: keys.withoutPort, where: isMatch)
            || hasEntry(under: keys.parent, where: isMatch)
    }

    private func hasEntry(under key: UInt32, where isMatch: (OriginPattern) -> Bool) -> Bool {
        let bucket = OriginList.bucket(of: key, among: starts.count - 1)
        let entries = entries.span
        for index in starts[bucket]..<starts[bucket + 1] where isMatch(entries[index]) { return true }
        return false
    }

    private static func bucket(of key: UInt32, among count: Int) -> Int { Int(key) & (count - 1) }
}

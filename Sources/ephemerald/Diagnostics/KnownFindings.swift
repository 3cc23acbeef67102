import Sessions

/// What the log has reported about the settings and the session files, so that a save adds only what it changed.
package struct KnownFindings: Sendable {
    /// What the log says of one reading.
    package struct News: Hashable, Sendable {
        /// What was not reported before, in the order in which it was found.
        package let findings: [Diagnosis]
        /// How many errors were reported before and are still there: `sessions/shop.json still has 1 error`; nil for
        /// none.
        package let remaining: String?
    }

    /// Places that one line has room for.
    private static let longestList = 4

    private var known: Set<Diagnosis>

    /// These are reported already.
    package init(_ findings: [Diagnosis]) {
        known = Set(findings)
    }

    /// Takes what a reading found; what was corrected is forgotten, and reported again when it comes back.
    /// - Parameter isComplete: whether the reading saw everything. One that an error kept from some files says nothing
    ///   about warnings of those.
    package mutating func update(_ findings: [Diagnosis], isComplete: Bool) -> News {
        let news = News(
            findings: findings.filter { !known.contains($0) },
            remaining: KnownFindings.summary(of: findings.filter { $0.severity == .error && known.contains($0) }))
        let warnings = isComplete ? [] : known.filter { $0.severity == .warning }
        known = Set(findings).union(warnings)
        return news
    }

    private static func summary(of errors: [Diagnosis]) -> String? {
        var counts: [(place: String?, count: Int)] = []
        for error in errors {
            if let index = counts.firstIndex(where: { $0.place == error.file }) {
                counts[index].count += 1
            } else {
                counts.append((error.file, 1))
            }
        }
        guard !counts.isEmpty else { return nil }
        let shown = counts.prefix(longestList).map { place, count in
            "\(place.map { "\($0) still has" } ?? "the settings still have") \(count == 1 ? "1 error" : "\(count) errors")"
        }
        let more = counts.count - shown.count
        return shown.joined(separator: ", ") + (more > 0 ? ", and \(more) more files have errors" : "")
    }
}

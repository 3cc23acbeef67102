import Sessions

/// The findings that the log has reported, so that a saved file adds only the new ones.
package struct KnownFindings: Sendable {
    /// The part of one reading that the log reports.
    package struct News: Hashable, Sendable {
        /// The findings that were not reported before, in their order.
        package let findings: [Diagnosis]
        /// The number of errors that were reported before and remain: `sessions/shop.json still has 1 error`; nil for none.
        package let remaining: String?
    }

    /// The number of places that fit in one line.
    private static let longestList = 4

    private var known: Set<Diagnosis>

    /// - Parameter findings: those that were reported already.
    package init(_ findings: [Diagnosis]) {
        known = Set(findings)
    }

    /// Records the findings of a reading. A finding that was corrected is reported again if it comes back.
    /// - Parameter isComplete: whether the reading saw every file. If an error hid some, their warnings stay known.
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

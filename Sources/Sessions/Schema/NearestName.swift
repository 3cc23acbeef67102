extension String {
    /// The name most like this one, for "did you mean"; nil when none is like it.
    ///
    /// Like means: made from it by at most so many insertions, deletions and replacements.
    /// - Parameter limit: a third of its letters when left out.
    package func nearest(in names: [String], within limit: Int? = nil) -> String? {
        let scored = names.map { (name: $0, distance: distance(to: $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= limit ?? max(1, count / 3)
        else {
            return nil
        }
        return best.name
    }

    /// Levenshtein's distance.
    private func distance(to other: String) -> Int {
        let (mine, theirs) = (Array(unicodeScalars), Array(other.unicodeScalars))
        var row = Array(0...theirs.count)
        for (line, letter) in mine.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, candidate) in theirs.enumerated() {
                let replaced = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[theirs.count]
    }
}

/// Suggestions for names that are not known.
extension String {
    /// The name most like this one, for "did you mean"; nil when none is near enough.
    ///
    /// The distance is Levenshtein's: the number of insertions, deletions and replacements.
    /// - Parameter limit: the largest distance; a third of the letters by default.
    package func nearest(in names: [String], within limit: Int? = nil) -> String? {
        let limit = limit ?? max(1, count / 3)
        let length = unicodeScalars.count
        // A distance is at least the difference in length, so a long text costs nothing.
        let candidates = names.lazy.filter { abs($0.unicodeScalars.count - length) <= limit }
        let best = candidates.map { (name: $0, distance: distance(to: $0)) }.min { $0.distance < $1.distance }
        return best.flatMap { $0.distance <= limit ? $0.name : nil }
    }

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

    /// `did you mean session.audio.output.voice?`, after this text was refused; nil when the candidate is this text.
    func suggestion(_ candidate: String?) -> String? {
        candidate.flatMap { $0 == self ? nil : "did you mean \($0)?" }
    }
}

extension [String] {
    /// `a`, `a or b`, `a, b, or c`, as OpenAI's messages list things.
    func listed(by conjunction: String) -> String {
        switch count {
        case 0: "nothing"
        case 1: self[0]
        case 2: "\(self[0]) \(conjunction) \(self[1])"
        default: "\(dropLast().joined(separator: ", ")), \(conjunction) \(self[count - 1])"
        }
    }
}

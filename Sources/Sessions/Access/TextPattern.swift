/// A regular expression that a whole text must match, in time that grows with the text and never explodes.
///
/// It is ours for two reasons: texts come from strangers, and an engine that backtracks can be made to run for hours by
/// forty characters; and Swift's `Regex` cannot be shared between threads. This one walks all alternatives at once
/// (Thompson, "Regular Expression Search Algorithm", 1968): at most ``sizeLimit`` steps for each character.
///
/// It knows: characters, `.`, `[a-z]`, `[^a-z]`, `\d` `\w` `\s` and their opposites, `\p{L}` (letters) and `\p{N}`
/// (numbers) of all scripts, `?` `*` `+` `{2}` `{2,}` `{2,5}`, `|`, `( )`. `^` at the start and `$` at the end may be
/// written; the whole text is matched in any case.
struct TextPattern: Sendable {
    /// How many steps a pattern may have when repetitions are written out.
    static let sizeLimit = 1000
    /// How many comparisons the longest text that a limit admits may take.
    static let budget = 200_000

    /// One instruction of the machine.
    enum Step: Sendable {
        /// Go on when the next scalar is in the set.
        case take(ScalarSet)
        /// Go on at both places.
        case fork(Int, Int)
        case jump(Int)
        case accept
    }

    /// As it is written.
    let source: String
    private let steps: [Step]

    init(_ source: String) throws(InvalidPattern) {
        self.source = source
        var parser = TextPatternParser(source)
        let node = try parser.pattern()
        var steps: [Step] = []
        try node.append(to: &steps)
        steps.append(.accept)
        self.steps = steps
    }

    /// The most comparisons that one character can take: each place that waits for it looks at each item of its set.
    var comparisonsPerCharacter: Int {
        steps.reduce(0) { sum, step in
            if case .take(let set) = step { sum + set.size } else { sum + 1 }
        }
    }

    /// Whether the text, from its first scalar to its last, is one that the pattern describes.
    func matches(_ text: String) -> Bool {
        var current = Places(count: steps.count)
        var next = Places(count: steps.count)
        reach(0, &current)
        for scalar in text.unicodeScalars {
            next.removeAll()
            for place in current.list {
                if case .take(let set) = steps[place], set.contains(scalar) { reach(place + 1, &next) }
            }
            swap(&current, &next)
            if current.list.isEmpty { return false }
        }
        return current.contains(steps.count - 1)
    }

    /// Adds a place and all that can be reached from it without a scalar.
    private func reach(_ place: Int, _ places: inout Places) {
        var pending = [place]
        while let place = pending.popLast() {
            guard places.insert(place) else { continue }
            switch steps[place] {
            case .fork(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .take, .accept: break
            }
        }
    }

    /// A set of places in the program.
    private struct Places {
        private(set) var list: [Int] = []
        private var isIn: [Bool]

        init(count: Int) {
            isIn = Array(repeating: false, count: count)
        }

        mutating func insert(_ place: Int) -> Bool {
            guard !isIn[place] else { return false }
            isIn[place] = true
            list.append(place)
            return true
        }

        func contains(_ place: Int) -> Bool {
            isIn[place]
        }

        mutating func removeAll() {
            for place in list { isIn[place] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}

/// A pattern that cannot be read, and why.
struct InvalidPattern: Error {
    let message: String
}

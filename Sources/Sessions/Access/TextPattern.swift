import Text

/// A regular expression that a whole text must match, in time that grows with the text and never explodes.
///
/// This program has its own for two reasons: texts come from strangers, and forty characters can keep an engine that
/// backtracks busy for hours; and Swift's `Regex` cannot be shared between threads. This one follows all alternatives
/// at once (Thompson, "Regular Expression Search Algorithm", 1968): at most ``sizeLimit`` steps for each character.
///
/// The notation: characters, `.`, `[a-z]`, `[^a-z]`, `\d` `\w` `\s` and their opposites, `\p{L}` (letters) and `\p{N}`
/// (numbers) of all scripts, `?` `*` `+` `{2}` `{2,}` `{2,5}`, `|`, `( )`. `^` at the start and `$` at the end are
/// optional: the whole text is always matched.
struct TextPattern: Sendable {
    /// Most steps of a pattern, with its repetitions written out.
    static let sizeLimit = 1000
    /// Most comparisons for the longest text that a limit admits.
    static let budget = 200_000

    /// An instruction of the machine. Distances are relative to the instruction itself.
    enum Step: Sendable {
        /// Go on when the next scalar is in the set.
        case take(ScalarSet)
        /// Go on at both places.
        case fork(Int, Int)
        case jump(Int)
    }

    /// The pattern as it is written.
    let source: String
    /// The instructions; a text matches when it ends after the last one.
    private let steps: [Step]

    init(_ source: String) throws(Invalid) {
        self.source = source
        var parser = TextPatternParser(source)
        steps = try parser.pattern()
    }

    /// The most comparisons for one character: each place that waits for it looks at each item of its set.
    var comparisonsPerCharacter: Int {
        steps.reduce(1) { sum, step in
            if case .take(let set) = step { sum + set.size } else { sum + 1 }
        }
    }

    /// Whether the pattern describes the whole text.
    func matches(_ text: String) -> Bool {
        var current = Places(count: steps.count + 1)
        var next = Places(count: steps.count + 1)
        reach(0, &current)
        for scalar in text.unicodeScalars {
            next.removeAll()
            for place in current.list where place < steps.count {
                if case .take(let set) = steps[place], set.contains(scalar) { reach(place + 1, &next) }
            }
            swap(&current, &next)
            if current.list.isEmpty { return false }
        }
        return current.contains(steps.count)
    }

    /// Adds a place and all places that can be reached from it without a scalar.
    private func reach(_ place: Int, _ places: inout Places) {
        var pending = [place]
        while let place = pending.popLast() {
            guard places.insert(place), place < steps.count else { continue }
            switch steps[place] {
            case .fork(let first, let second): pending += [place + second, place + first]
            case .jump(let distance): pending.append(place + distance)
            case .take: break
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

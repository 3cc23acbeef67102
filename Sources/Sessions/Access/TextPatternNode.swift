/// A part of a pattern.
indirect enum TextPatternNode: Sendable {
    case set(ScalarSet)
    case sequence([TextPatternNode])
    case either(TextPatternNode, TextPatternNode)
    /// Without a most it repeats for ever.
    case repetition(TextPatternNode, least: Int, most: Int?)

    /// Appends the steps that match it. What follows it in the program is where it goes on.
    func append(to steps: inout [TextPattern.Step]) throws(InvalidPattern) {
        guard steps.count < TextPattern.sizeLimit else {
            throw InvalidPattern(message: "is too long once its repetitions are written out")
        }
        switch self {
        case .set(let set): steps.append(.take(set))
        case .sequence(let parts):
            for part in parts { try part.append(to: &steps) }
        case .either(let first, let second):
            let fork = steps.count
            steps.append(.fork(fork + 1, 0))
            try first.append(to: &steps)
            let jump = steps.count
            steps.append(.jump(0))
            steps[fork] = .fork(fork + 1, steps.count)
            try second.append(to: &steps)
            steps[jump] = .jump(steps.count)
        case .repetition(let part, let least, let most):
            for _ in 0..<least { try part.append(to: &steps) }
            guard let most else { return try appendLoop(of: part, to: &steps) }
            var forks: [Int] = []
            for _ in least..<most {
                forks.append(steps.count)
                steps.append(.fork(steps.count + 1, 0))
                try part.append(to: &steps)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    private func appendLoop(
        of part: TextPatternNode, to steps: inout [TextPattern.Step]
    ) throws(InvalidPattern) {
        let fork = steps.count
        steps.append(.fork(fork + 1, 0))
        try part.append(to: &steps)
        steps.append(.jump(fork))
        steps[fork] = .fork(fork + 1, steps.count)
    }
}

/// A set of Unicode scalars.
struct ScalarSet: Sendable {
    enum Item: Sendable {
        case range(ClosedRange<UnicodeScalar>)
        case letter
        case number
        indirect case not(ScalarSet)
    }

    var items: [Item] = []
    var isInverted = false

    func contains(_ scalar: UnicodeScalar) -> Bool {
        items.contains { item in
            switch item {
            case .range(let range): range.contains(scalar)
            case .letter: scalar.properties.isLetter
            case .number: scalar.properties.numericType != nil
            case .not(let set): !set.contains(scalar)
            }
        } != isInverted
    }

    /// The one scalar that is in it, as far as it was written as such.
    var onlyScalar: UnicodeScalar? {
        guard case .range(let range)? = items.first, items.count == 1, !isInverted else { return nil }
        return range.lowerBound == range.upperBound ? range.lowerBound : nil
    }

    static let digit = ScalarSet(items: [.range("0"..."9")])
    static let word = ScalarSet(items: [.range("a"..."z"), .range("A"..."Z"), .range("0"..."9"), .range("_"..."_")])
    static let space = ScalarSet(items: [.range("\t"..."\r"), .range(" "..." ")])
    static let anyOnLine = ScalarSet(items: [.range("\n"..."\n"), .range("\r"..."\r")], isInverted: true)
    static let letter = ScalarSet(items: [.letter])
    static let number = ScalarSet(items: [.number])

    var inverted: ScalarSet { ScalarSet(items: [.not(self)]) }
}

extension UnicodeScalar.Properties {
    /// General category L.
    fileprivate var isLetter: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}

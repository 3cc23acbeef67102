/// Reads the notation of a ``TextPattern``.
struct TextPatternParser {
    private let scalars: [UnicodeScalar]
    private var index = 0
    private var depth = 0

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    private var next: UnicodeScalar? {
        index < scalars.count ? scalars[index] : nil
    }

    private mutating func skip(_ text: String) -> Bool {
        guard scalars[index...].starts(with: text.unicodeScalars) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    /// The whole pattern.
    mutating func pattern() throws(InvalidPattern) -> TextPatternNode {
        _ = skip("^")
        let node = try alternatives()
        _ = skip("$")
        guard let left = next else { return node }
        throw InvalidPattern(message: "has \(left) where it does not belong; a backslash makes it a character")
    }

    private mutating func alternatives() throws(InvalidPattern) -> TextPatternNode {
        var node = try sequence()
        while skip("|") { node = .either(node, try sequence()) }
        return node
    }

    private mutating func sequence() throws(InvalidPattern) -> TextPatternNode {
        var parts: [TextPatternNode] = []
        while let scalar = next, !"|)$^".unicodeScalars.contains(scalar) { parts.append(try repeated()) }
        if parts.isEmpty {
            throw InvalidPattern(message: "has an empty alternative; write (…)? for what may be absent")
        }
        return .sequence(parts)
    }

    private mutating func repeated() throws(InvalidPattern) -> TextPatternNode {
        let part = try single()
        guard let (least, most) = try quantifier() else { return part }
        if let scalar = next, "?*+{".unicodeScalars.contains(scalar) {
            throw InvalidPattern(message: "has two repetitions in a row")
        }
        return .repetition(part, least: least, most: most)
    }

    private mutating func quantifier() throws(InvalidPattern) -> (Int, Int?)? {
        if skip("?") { return (0, 1) }
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        guard skip("{") else { return nil }
        let least = number()
        var most = least
        if skip(",") { most = number() }
        let isOpen = index > 0 && scalars[index - 1] == ","
        // `{0}` is refused with the rest: written out it takes no steps, so no limit on steps would end nested ones.
        guard let least, skip("}"), isOpen || (most ?? -1) >= max(least, 1), (most ?? least) <= TextPattern.sizeLimit
        else {
            throw InvalidPattern(message: "has a repetition that is not {2}, {2,} or {2,5}")
        }
        return (least, isOpen ? nil : most)
    }

    private mutating func number() -> Int? {
        let start = index
        while let scalar = next, ("0"..."9").contains(scalar) { index += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<index])))
    }

    private mutating func single() throws(InvalidPattern) -> TextPatternNode {
        if skip("(") { return try group() }
        if skip("[") { return .set(try characterClass()) }
        if skip(".") { return .set(.anyOnLine) }
        if skip("\\") { return .set(try escape()) }
        guard let scalar = next, !"?*+{}]".unicodeScalars.contains(scalar) else {
            throw InvalidPattern(message: "has \(next.map(String.init) ?? "its end") where a character is expected")
        }
        index += 1
        return .set(ScalarSet(items: [.range(scalar...scalar)]))
    }

    private mutating func group() throws(InvalidPattern) -> TextPatternNode {
        depth += 1
        if depth > 32 { throw InvalidPattern(message: "has more than 32 groups in each other") }
        if !skip("?:"), next == "?" { throw InvalidPattern(message: "has a group of a kind that is not known here") }
        let node = try alternatives()
        guard skip(")") else { throw InvalidPattern(message: "has a ( without )") }
        depth -= 1
        return node
    }

    private mutating func escape() throws(InvalidPattern) -> ScalarSet {
        for (name, set) in TextPatternParser.namedSets where skip(name) { return set }
        guard let scalar = next else { throw InvalidPattern(message: "ends in a backslash") }
        index += 1
        switch scalar {
        case "n": return ScalarSet(items: [.range("\n"..."\n")])
        case "r": return ScalarSet(items: [.range("\r"..."\r")])
        case "t": return ScalarSet(items: [.range("\t"..."\t")])
        case "a"..."z", "A"..."Z", "0"..."9": throw InvalidPattern(message: "has \\\(scalar), which is not known here")
        default: return ScalarSet(items: [.range(scalar...scalar)])
        }
    }

    private static let namedSets: [(String, ScalarSet)] = [
        ("d", .digit), ("D", .digit.inverted), ("w", .word), ("W", .word.inverted), ("s", .space),
        ("S", .space.inverted),
        ("p{L}", .letter), ("P{L}", .letter.inverted), ("p{N}", .number), ("P{N}", .number.inverted),
    ]

    private mutating func characterClass() throws(InvalidPattern) -> ScalarSet {
        var set = ScalarSet()
        set.isInverted = skip("^")
        while !skip("]") {
            let low = try classItem()
            guard let first = low.onlyScalar, next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                set.items += low.items
                continue
            }
            index += 1
            guard let last = try classItem().onlyScalar, first <= last else {
                throw InvalidPattern(message: "has a range in [ ] that does not run from a character up to another")
            }
            set.items.append(.range(first...last))
        }
        if set.items.isEmpty { throw InvalidPattern(message: "has [ ] with nothing in it") }
        return set
    }

    private mutating func classItem() throws(InvalidPattern) -> ScalarSet {
        if skip("\\") { return try escape() }
        guard let scalar = next else { throw InvalidPattern(message: "has a [ without ]") }
        index += 1
        return ScalarSet(items: [.range(scalar...scalar)])
    }
}

import Text

/// Reads the notation of a ``TextPattern``. Each part becomes the steps that match it; what follows the part follows its
/// last step.
struct TextPatternParser {
    private typealias Steps = [TextPattern.Step]

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
    mutating func pattern() throws(Invalid) -> [TextPattern.Step] {
        _ = skip("^")
        let steps = try alternatives()
        _ = skip("$")
        guard let left = next else { return steps }
        throw Invalid("has \(left) where it does not belong; a backslash makes it a character")
    }

    private func check(size: Int) throws(Invalid) {
        guard size <= TextPattern.sizeLimit else {
            throw Invalid("is too long once its repetitions are written out")
        }
    }

    private mutating func alternatives() throws(Invalid) -> Steps {
        var steps = try sequence()
        while skip("|") {
            let other = try sequence()
            steps = [.fork(1, steps.count + 2)] + steps + [.jump(other.count + 1)] + other
            try check(size: steps.count)
        }
        return steps
    }

    private mutating func sequence() throws(Invalid) -> Steps {
        var steps: Steps = []
        while let scalar = next, !"|)$^".unicodeScalars.contains(scalar) {
            steps += try repeated()
            try check(size: steps.count)
        }
        if steps.isEmpty { throw Invalid("has an empty alternative; write (…)? for what may be absent") }
        return steps
    }

    private mutating func repeated() throws(Invalid) -> Steps {
        let part = try single()
        guard let (least, most) = try quantifier() else { return part }
        if let scalar = next, "?*+{".unicodeScalars.contains(scalar) {
            throw Invalid("has two repetitions in a row")
        }
        let options = most.map { $0 - least } ?? 1
        try check(size: part.count * least + (part.count + 1) * options)
        var steps = (0..<least).flatMap { _ in part }
        guard most != nil else {
            return steps + [.fork(1, part.count + 2)] + part + [.jump(-part.count - 1)]
        }
        // Each optional part can be left out with all that follow it.
        for option in 0..<options { steps += [.fork(1, (part.count + 1) * (options - option))] + part }
        return steps
    }

    private mutating func quantifier() throws(Invalid) -> (Int, Int?)? {
        if skip("?") { return (0, 1) }
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        guard skip("{") else { return nil }
        let least = number()
        var most = least
        if skip(",") { most = number() }
        let isOpen = index > 0 && scalars[index - 1] == ","
        guard let least, skip("}"), isOpen || (most ?? -1) >= max(least, 1), (most ?? least) <= TextPattern.sizeLimit
        else {
            throw Invalid("has a repetition that is not {2}, {2,} or {2,5}")
        }
        return (least, isOpen ? nil : most)
    }

    private mutating func number() -> Int? {
        let start = index
        while let scalar = next, ("0"..."9").contains(scalar) { index += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<index])))
    }

    private mutating func single() throws(Invalid) -> Steps {
        if skip("(") { return try group() }
        if skip("[") { return [.take(try characterClass())] }
        if skip(".") { return [.take(.anyOnLine)] }
        if skip("\\") { return [.take(try escape())] }
        guard let scalar = next, !"?*+{}]".unicodeScalars.contains(scalar) else {
            throw Invalid("has \(next.map(String.init) ?? "its end") where a character is expected")
        }
        index += 1
        return [.take(.only(scalar))]
    }

    private mutating func group() throws(Invalid) -> Steps {
        depth += 1
        if depth > 32 { throw Invalid("has groups nested more than 32 deep") }
        if !skip("?:"), next == "?" { throw Invalid("has a group of an unsupported kind") }
        let steps = try alternatives()
        guard skip(")") else { throw Invalid("has a ( without )") }
        depth -= 1
        return steps
    }

    private mutating func escape() throws(Invalid) -> ScalarSet {
        for (name, set) in TextPatternParser.escapes where skip(name) { return set }
        guard let scalar = next else { throw Invalid("ends in a backslash") }
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": throw Invalid("has \\\(scalar), which is not supported")
        default:
            index += 1
            return .only(scalar)
        }
    }

    private static let escapes: [(String, ScalarSet)] = [
        ("n", .only("\n")), ("r", .only("\r")), ("t", .only("\t")),
        ("d", .digit), ("D", .digit.inverted), ("w", .word), ("W", .word.inverted), ("s", .space),
        ("S", .space.inverted),
        ("p{L}", .letter), ("P{L}", .letter.inverted), ("p{N}", .number), ("P{N}", .number.inverted),
    ]

    private mutating func characterClass() throws(Invalid) -> ScalarSet {
        let isInverted = skip("^")
        var items: [ScalarSet.Item] = []
        while !skip("]") {
            let low = try classItem()
            guard let first = low.onlyScalar, next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                items += low.items
                continue
            }
            index += 1
            guard let last = try classItem().onlyScalar, first <= last else {
                throw Invalid("has a range in [ ] that does not run from a character up to another")
            }
            items.append(.range(first...last))
        }
        if items.isEmpty { throw Invalid("has [ ] with nothing in it") }
        return ScalarSet(items: items, isInverted: isInverted)
    }

    private mutating func classItem() throws(Invalid) -> ScalarSet {
        if skip("\\") { return try escape() }
        guard let scalar = next else { throw Invalid("has a [ without ]") }
        index += 1
        return .only(scalar)
    }
}

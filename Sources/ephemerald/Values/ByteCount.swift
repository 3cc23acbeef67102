/// A number of bytes as settings write it: `65536`, `64KiB`, `1MiB`.
package enum ByteCount {
    /// Reads a size. `KB` is refused and not guessed at: it means 1000 to some and 1024 to others.
    package static func parse(_ text: String, in range: ClosedRange<Int>) throws(InvalidValue) -> Int {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { throw InvalidValue("this is no size; write one such as 64KiB") }
        let unit: Int
        switch text.dropFirst(digits.count) {
        case "", "B": unit = 1
        case "KiB": unit = 1 << 10
        case "MiB": unit = 1 << 20
        default: throw InvalidValue("write a whole number of bytes, KiB or MiB, such as \(digits)KiB")
        }
        guard digits.count <= 12, let count = Int(digits), range.contains(count * unit) else {
            throw InvalidValue("write \(inSettings(range.lowerBound)) to \(inSettings(range.upperBound))")
        }
        return count * unit
    }

    /// The size as it is written in a setting, in the largest unit that is exact.
    package static func inSettings(_ count: Int) -> String {
        for (unit, length) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where count != 0 && count % length == 0 {
            return "\(count / length)\(unit)"
        }
        return "\(count)"
    }
}

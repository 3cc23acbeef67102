extension Duration {
    /// Reads `300ms`, `10s`, `2min` or `1h`: a whole number and a unit.
    /// - Parameter takesDays: whether `7d` is a duration too.
    package init(
        parsingSetting text: String, in range: ClosedRange<Duration>, takesDays: Bool = false
    ) throws(InvalidValue) {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { throw InvalidValue("this is no duration; write one such as 10s or 300ms") }
        let unit: Duration
        switch text.dropFirst(digits.count) {
        case "ms": unit = .milliseconds(1)
        case "s": unit = .seconds(1)
        case "min": unit = .seconds(60)
        case "h": unit = .seconds(3600)
        case "d" where takesDays: unit = .seconds(86_400)
        case "": throw InvalidValue("the unit is missing; write \(digits)ms, \(digits)s, \(digits)min or \(digits)h")
        default:
            throw InvalidValue("write a whole number and one of ms, s, min, h\(takesDays ? ", d" : ""), such as 10s")
        }
        // Nine digits of days are far beyond any range, and far from overflow.
        guard digits.count <= 9, let count = Int64(digits), range.contains(unit * Int(count)) else {
            throw InvalidValue("write \(range.lowerBound.inSettings) to \(range.upperBound.inSettings)")
        }
        self = unit * Int(count)
    }

    /// The duration as it is written in a setting, in the largest unit that is exact; parts of a millisecond are cut.
    package var inSettings: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        for (unit, length) in [("h", 3_600_000), ("min", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds != 0 && milliseconds % length == 0 {
            return "\(milliseconds / length)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}

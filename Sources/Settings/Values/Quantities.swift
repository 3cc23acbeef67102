import HTTP
import System
package import Text

extension Int {
    /// Reads a whole number in decimal digits.
    package init(parsingSetting text: String, in range: ClosedRange<Int>) throws(Invalid) {
        guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy(\.isDigit),
            let value = Int(text), range.contains(value)
        else { throw Invalid("write a whole number, \(range.lowerBound) to \(range.upperBound)") }
        self = value
    }
}

extension Bool {
    /// Reads `true` or `false`.
    package init(parsingSetting text: String) throws(Invalid) {
        guard let value = Bool(text) else { throw Invalid("write true or false") }
        self = value
    }
}

extension Duration {
    /// Reads `300ms`, `10s`, `2min` or `1h`: a whole number and a unit.
    /// - Parameter takesDays: whether `7d` is accepted too.
    package init(
        parsingSetting text: String, in range: ClosedRange<Duration>, takesDays: Bool = false
    ) throws(Invalid) {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { throw Invalid("this is not a duration; write one such as 10s or 300ms") }
        let unit: Duration
        switch text.dropFirst(digits.count) {
        case "ms": unit = .milliseconds(1)
        case "s": unit = .seconds(1)
        case "min": unit = .seconds(60)
        case "h": unit = .seconds(3600)
        case "d" where takesDays: unit = .seconds(86_400)
        case "": throw Invalid("the unit is missing; write \(digits)ms, \(digits)s, \(digits)min or \(digits)h")
        default:
            throw Invalid("write a whole number and one of ms, s, min, h\(takesDays ? ", d" : ""), such as 10s")
        }
        // Nine digits of days are far beyond any range, and far from overflow.
        guard digits.count <= 9, let count = Int64(digits), range.contains(unit * Int(count)) else {
            throw Invalid("write \(range.lowerBound.inSettings) to \(range.upperBound.inSettings)")
        }
        self = unit * Int(count)
    }

    /// The duration as a setting writes it, in the largest exact unit. Parts of a millisecond are cut off.
    package var inSettings: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        for (unit, length) in [("h", 3_600_000), ("min", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds != 0 && milliseconds % length == 0 {
            return "\(milliseconds / length)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}

/// A number of bytes as settings write it: `65536`, `64KiB`, `1MiB`.
package enum ByteCount {
    /// Reads a size. `KB` is refused because it means 1000 to some people and 1024 to others.
    package static func parse(_ text: String, in range: ClosedRange<Int>) throws(Invalid) -> Int {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { throw Invalid("this is not a size; write one such as 64KiB") }
        let unit: Int
        switch text.dropFirst(digits.count) {
        case "", "B": unit = 1
        case "KiB": unit = 1 << 10
        case "MiB": unit = 1 << 20
        default: throw Invalid("write a whole number of bytes, KiB or MiB, such as \(digits)KiB")
        }
        guard digits.count <= 12, let count = Int(digits), range.contains(count * unit) else {
            throw Invalid("write \(inSettings(range.lowerBound)) to \(inSettings(range.upperBound))")
        }
        return count * unit
    }

    /// The size as a setting writes it, in the largest exact unit.
    package static func inSettings(_ count: Int) -> String {
        for (unit, length) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where count != 0 && count % length == 0 {
            return "\(count / length)\(unit)"
        }
        return "\(count)"
    }
}

import HTTP
package import Text

/// A limit on how often something may happen: `count` times in a `window`, with at most `burst` times at once.
///
/// It is written `10/min burst 5`, `10/min, burst 5` or `10/min`; the units are `s`, `min` and `h`. A limit without a
/// burst admits the whole window's count at once, as "10 a minute" suggests.
package struct RateLimit: Hashable, Sendable {
    /// Times in a window, 1 to 1,000,000.
    package let count: Int
    /// A second, a minute or an hour.
    package let window: Duration
    /// Times at once, 1 to 1,000,000; equal to `count` by default.
    package let burst: Int

    /// The largest `count` and `burst`. The limiter's nanoseconds must fit in 64 bits: 1,000,000 hours are 3.6e18 ns.
    package static let largest = 1_000_000

    private static let units: [(name: String, window: Duration, misspellings: [String])] = [
        ("s", .seconds(1), ["sec", "secs", "second", "seconds"]),
        ("min", .seconds(60), ["m", "mins", "minute", "minutes"]),
        ("h", .seconds(3600), ["hr", "hour", "hours"]),
    ]

    /// Reads a limit.
    /// - Throws: what is wrong and what to write instead; `part` is the text.
    package init(parsing text: String) throws(Invalid) {
        let words = text.split { $0 == " " || $0 == "," }
        guard let rate = words.first, text.utf8.first == rate.utf8.first, !text.hasSuffix(","), !text.contains(",,")
        else {
            throw Invalid("this is not a limit; write it as in 10/min burst 5", part: text)
        }
        let parts = rate.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Invalid("a count and a unit are needed; write them as in 10/min, or off", part: text)
        }
        count = try RateLimit.number(parts[0], in: text)
        window = try RateLimit.window(parts[1], in: text, count: parts[0])
        switch words.count {
        case 1:
            burst = count
        case 3 where words[1] == "burst":
            burst = try RateLimit.number(words[2], in: text)
        default:
            throw Invalid("only a burst can follow the rate; write \(rate) burst 5", part: text)
        }
    }

    /// Reads a setting, where `off` means no limit.
    package static func parseSetting(_ text: String) throws(Invalid) -> RateLimit? {
        text == "off" ? nil : try RateLimit(parsing: text)
    }

    private static func number(_ digits: Substring, in text: String) throws(Invalid) -> Int {
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit) else {
            let shown = String(digits).debugDescription
            throw Invalid("\(shown) is not a whole number; write 1 to \(largest)", part: text)
        }
        let value = Int(digits) ?? .max
        guard value > 0 else {
            throw Invalid("0 would admit nothing; write 1 to \(largest), or off", part: text)
        }
        guard value <= largest else { throw Invalid("\(digits) is too many; write 1 to \(largest)", part: text) }
        return value
    }

    private static func window(_ name: Substring, in text: String, count: Substring) throws(Invalid) -> Duration {
        if let unit = units.first(where: { $0.name == name }) { return unit.window }
        let lowercased = name.lowercased()
        let meant = units.first { $0.name == lowercased || $0.misspellings.contains(lowercased) }
        throw Invalid(
            meant.map { "the unit is spelt \($0.name); write \(count)/\($0.name)" }
                ?? "\(String(name).debugDescription) is not a unit; write s, min or h, as in \(count)/h", part: text)
    }
}

extension RateLimit: CustomStringConvertible {
    /// The limit as it is written in a setting.
    package var description: String {
        let unit = RateLimit.units.first { $0.window == window }?.name ?? ""
        return burst == count ? "\(count)/\(unit)" : "\(count)/\(unit) burst \(burst)"
    }
}

import HTTP
import Text

/// How often something may happen: `count` times in a `window`, and `burst` times at once.
///
/// Written `10/min burst 5`, `10/min, burst 5` or `10/min`; the units are `s`, `min` and `h`. A limit without a burst
/// lets the whole window's count go at once, which is what the words "10 a minute" promise.
package struct RateLimit: Hashable, Sendable {
    /// Times in a window, 1 to 1,000,000.
    package let count: Int
    /// A second, a minute or an hour.
    package let window: Duration
    /// Times at once, 1 to 1,000,000; equal to `count` when it is not written.
    package let burst: Int

    /// Bounds `count` and `burst`, so that the limiter's nanoseconds fit in 64 bits: 1,000,000 hours are 3.6e18 ns.
    package static let largest = 1_000_000

    /// Reads a limit in that spelling; `off` is none.
    /// - Throws: with what is wrong and what is right.
    package init(parsing text: String) throws(InvalidRateLimit) {
        let words = text.split { $0 == " " || $0 == "," }
        guard let rate = words.first, text.utf8.first == rate.utf8.first, !text.hasSuffix(","), !text.contains(",,")
        else {
            throw InvalidRateLimit(text, "this is not a limit; write it as in 10/min burst 5")
        }
        let parts = rate.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw InvalidRateLimit(text, "a count and a unit are needed; write them as in 10/min, or off")
        }
        count = try RateLimit.number(parts[0], of: text)
        window = try RateLimit.window(parts[1], of: text, count: parts[0])
        switch words.count {
        case 1:
            burst = count
        case 3 where words[1] == "burst":
            burst = try RateLimit.number(words[2], of: text)
        default:
            throw InvalidRateLimit(text, "nothing but a burst can follow the rate; write \(rate) burst 5")
        }
    }

    /// Reads a setting, where `off` means no limit.
    package static func parseSetting(_ text: String) throws(InvalidRateLimit) -> RateLimit? {
        text == "off" ? nil : try RateLimit(parsing: text)
    }

    private static func number(_ digits: Substring, of text: String) throws(InvalidRateLimit) -> Int {
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit) else {
            let shown = String(digits).debugDescription
            throw InvalidRateLimit(text, "\(shown) is not a whole number; write 1 to \(largest)")
        }
        let value = Int(digits) ?? .max
        guard value > 0 else {
            throw InvalidRateLimit(text, "0 would let nothing through; write 1 to \(largest), or off")
        }
        guard value <= largest else { throw InvalidRateLimit(text, "\(digits) is too many; write 1 to \(largest)") }
        return value
    }

    private static func window(
        _ unit: Substring, of text: String, count: Substring
    ) throws(InvalidRateLimit) -> Duration {
        switch unit {
        case "s": return .seconds(1)
        case "min": return .seconds(60)
        case "h": return .seconds(3600)
        default: break
        }
        let right: String? =
            switch unit.lowercased() {
            case "s", "sec", "secs", "second", "seconds": "s"
            case "m", "min", "mins", "minute", "minutes": "min"
            case "h", "hr", "hour", "hours": "h"
            default: nil
            }
        throw InvalidRateLimit(
            text,
            right.map { "the unit is spelt \($0); write \(count)/\($0)" }
                ?? "\(String(unit).debugDescription) is not a unit; write s, min or h, as in \(count)/h")
    }
}

extension RateLimit: CustomStringConvertible {
    /// The limit as it is written in a setting.
    package var description: String {
        let unit = window == .seconds(1) ? "s" : window == .seconds(60) ? "min" : "h"
        return burst == count ? "\(count)/\(unit)" : "\(count)/\(unit) burst \(burst)"
    }
}

/// A limit that cannot be read, and why.
package struct InvalidRateLimit: Error, Hashable, Sendable, CustomStringConvertible {
    /// The limit as it was written.
    package let text: String
    /// What is wrong and what is right.
    package let reason: String

    init(_ text: String, _ reason: String) {
        self.text = text
        self.reason = reason
    }

    /// The limit, quoted, and the reason.
    package var description: String { "\(text.debugDescription): \(reason)" }
}

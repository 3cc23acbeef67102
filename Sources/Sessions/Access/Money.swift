import Text

/// An amount of money in millionths of the operator's currency. It may be negative: what is still to be paid.
///
/// Amounts are whole numbers, so that sums are exact. Up to ``largest`` they are exact as doubles too, which is what
/// scripts in Redis count with.
package struct Money: Hashable, Comparable, Sendable {
    /// A thousand million units of the currency: the most that a setting may name.
    package static let largest = Money(micros: 1_000_000_000_000_000)
    /// Nothing.
    package static let zero = Money(micros: 0)

    /// Millionths.
    package let micros: Int64

    /// - Parameter micros: millionths.
    package init(micros: Int64) {
        self.micros = micros
    }

    /// Reads a decimal with at most six places, such as `0.05` or `250`; nil for anything else, a sign and an exponent
    /// included, and for more than ``largest``.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }) else {
            return nil
        }
        let places = parts.count == 2 ? parts[1].count : 0
        guard places <= 6, let digits = Int64(String(decoding: parts.joined(), as: UTF8.self)) else { return nil }
        let scale = (places..<6).reduce(Int64(1)) { power, _ in power * 10 }
        let (micros, overflows) = digits.multipliedReportingOverflow(by: scale)
        guard !overflows, micros <= Money.largest.micros else { return nil }
        self.micros = micros
    }

    /// Whether one amount is less than the other.
    package static func < (left: Money, right: Money) -> Bool { left.micros < right.micros }

    /// The sum.
    package static func + (left: Money, right: Money) -> Money { Money(micros: left.micros + right.micros) }

    /// The difference.
    package static func - (left: Money, right: Money) -> Money { Money(micros: left.micros - right.micros) }
}

extension Money: CustomStringConvertible {
    /// A decimal without zeros at its end: `1.525`, `-0.05`, `250`.
    package var description: String {
        let (units, rest) = micros.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let places = String(String(1_000_000 + rest).dropFirst())
        let end = places.lastIndex { $0 != "0" }.map { places.index(after: $0) } ?? places.startIndex
        return (micros < 0 ? "-" : "") + "\(units)" + (rest == 0 ? "" : ".\(places[..<end])")
    }
}

/// What a minute of a session costs, as the operator says. Every cost is rounded up to a millionth.
package struct Price: Hashable, Sendable {
    /// The most that a minute may cost: a million units. The longest call then costs less than ``Money/largest``.
    package static let largest = Money(micros: 1_000_000_000_000)
    /// How long ending a call may take. Its worst case pays for that time too.
    package static let endingSeconds = 30
    /// How long OpenAI lets a session last that was started with a client secret.
    package static let tokenSeconds = 3_600

    /// The price of 60 seconds.
    package let perMinute: Money

    /// Nil for a negative price, and for more than ``largest``.
    package init?(perMinute: Money) {
        guard (Money.zero...Price.largest).contains(perMinute) else { return nil }
        self.perMinute = perMinute
    }

    /// What so many seconds cost.
    /// - Parameter seconds: 0 to 4,000,000, which no call comes near; others trap.
    package func cost(ofSeconds seconds: Int) -> Money {
        precondition((0...4_000_000).contains(seconds), "no call lasts that long")
        let (minutes, rest) = (perMinute.micros * Int64(seconds)).quotientAndRemainder(dividingBy: 60)
        return Money(micros: rest > 0 ? minutes + 1 : minutes)
    }

    /// What a call of at most that many seconds can cost, as taken when it is admitted: with ``endingSeconds`` on top.
    package func worstCase(ofSeconds maximum: Int) -> Money {
        cost(ofSeconds: maximum + Price.endingSeconds)
    }

    /// What a client secret can cost, as taken when it is minted: one session of the longest time. That is the most only
    /// while OpenAI refuses to use a secret twice, which it does and does not promise.
    package var worstCaseOfToken: Money { cost(ofSeconds: Price.tokenSeconds) }
}

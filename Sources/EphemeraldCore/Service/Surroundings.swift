import JSON
import Sessions

/// The clocks and randomness that the policy depends on, so that tests can bring their own.
package struct Surroundings: Sendable {
    /// Nanoseconds on a clock that never jumps: for limits and deadlines.
    package var monotonicNanoseconds: @Sendable () -> UInt64
    /// Unix milliseconds: for time stamps.
    package var unixMilliseconds: @Sendable () -> Int64
    /// 128 random bits, for request ids and the jitter of retries.
    package var randomBits: @Sendable () -> UInt128
    /// Waits that long, or until the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void
    /// Waits until the client of that socket has gone or sends no more, or the task is cancelled.
    package var untilGone: @Sendable (Int32) async -> Void

    /// The default for randomness is the system's; the clocks need a module that imports the system.
    package init(
        monotonicNanoseconds: @escaping @Sendable () -> UInt64, unixMilliseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async -> Void,
        untilGone: @escaping @Sendable (Int32) async -> Void = { _ in
            preconditionFailure("only the requests of a server have a socket")
        },
        randomBits: @escaping @Sendable () -> UInt128 = { UInt128.random(in: 0 ... .max) }
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.unixMilliseconds = unixMilliseconds
        self.randomBits = randomBits
        self.sleep = sleep
        self.untilGone = untilGone
    }
}

extension Duration {
    /// Whole nanoseconds, the unit of `Surroundings.monotonicNanoseconds`; a negative duration has none.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return seconds < 0 ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
    }
}

/// Points of time as text.
package enum Timestamp {
    /// From 1970 to the end of 9999, the last year of RFC 3339.
    package static let unixSeconds = 0...253_402_300_799

    /// Ten years in seconds: the longest time that an operator may write.
    package static let tenYears = 87_600 * 3_600

    /// `2026-11-22T12:00:00.000Z` (RFC 3339, UTC).
    package static func rfc3339(_ unixMilliseconds: Int64) -> String {
        var text: [UInt8] = []
        append(unixMilliseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the same text, without making a `String`.
    static func append(_ unixMilliseconds: Int64, to text: inout [UInt8]) {
        let (seconds, milliseconds) = Int(unixMilliseconds).quotientAndRemainder(dividingBy: 1_000)
        let date = Day(unixSeconds: seconds).date
        text.append(digitsOf: date.year, width: 4)
        text.append(UInt8(ascii: "-"))
        text.append(digitsOf: date.month, width: 2)
        text.append(UInt8(ascii: "-"))
        text.append(digitsOf: date.day, width: 2)
        text.append(UInt8(ascii: "T"))
        text.append(digitsOf: seconds % 86_400 / 3_600, width: 2)
        text.append(UInt8(ascii: ":"))
        text.append(digitsOf: seconds / 60 % 60, width: 2)
        text.append(UInt8(ascii: ":"))
        text.append(digitsOf: seconds % 60, width: 2)
        text.append(UInt8(ascii: "."))
        text.append(digitsOf: milliseconds, width: 3)
        text.append(UInt8(ascii: "Z"))
    }
}

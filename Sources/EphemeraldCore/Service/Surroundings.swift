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

    /// The default for randomness is the system's; the clocks need a module that imports the system.
    package init(
        monotonicNanoseconds: @escaping @Sendable () -> UInt64, unixMilliseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async -> Void,
        randomBits: @escaping @Sendable () -> UInt128 = { UInt128.random(in: 0 ... .max) }
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.unixMilliseconds = unixMilliseconds
        self.randomBits = randomBits
        self.sleep = sleep
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

    /// `2026-11-22T12:00:00.000Z` (RFC 3339, UTC).
    package static func rfc3339(_ unixMilliseconds: Int64) -> String {
        let (seconds, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1_000)
        let secondOfDay = Int(seconds % 86_400)
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { padded($0, to: 2) }
        return "\(Day(unixSeconds: Int(seconds)))T\(time.joined(separator: ":")).\(padded(Int(milliseconds), to: 3))Z"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

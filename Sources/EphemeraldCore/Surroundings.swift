/// The clocks and the chance that the policy lives by, so that tests can bring their own.
package struct Surroundings: Sendable {
    /// Nanoseconds on a clock that never jumps: for limits and deadlines.
    package var monotonicNanoseconds: @Sendable () -> UInt64
    /// Unix milliseconds: for time stamps.
    package var unixMilliseconds: @Sendable () -> Int64
    /// 128 random bits, for request ids and the jitter of retries.
    package var randomBits: @Sendable () -> UInt128
    /// Waits that long, or until the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void

    /// The clocks are the caller's, who imports the system; chance is the system's by default.
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

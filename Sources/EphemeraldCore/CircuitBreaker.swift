/// Leaves an upstream alone that fails again and again, so that requests are refused at once instead of each waiting
/// for its deadline. One request at a time then tries whether it is back.
///
/// Has neither clock nor lock; whoever shares it brings both.
struct CircuitBreaker: Sendable {
    /// Failures in a row that open it.
    static let threshold = 20
    /// For how long it stays open before the next try.
    static let pause: Duration = .seconds(2)

    private var failures = 0
    private var opensAgainAt: UInt64 = 0

    /// Whether the upstream is left alone, but for a try now and then.
    var isOpen: Bool { failures >= CircuitBreaker.threshold }

    /// Whether a request may go upstream.
    /// - Parameter now: nanoseconds on a monotonic clock.
    /// - Returns: nil when it may, else how long the upstream is left alone.
    mutating func admit(now: UInt64) -> Duration? {
        guard isOpen else { return nil }
        guard now >= opensAgainAt else { return .nanoseconds(opensAgainAt - now) }
        // This one tries; the others wait for what becomes of it.
        opensAgainAt = now + CircuitBreaker.pause.nanoseconds
        return nil
    }

    /// - Parameter isAlive: whether the upstream answered as one that works does, be it a refusal.
    mutating func record(isAlive: Bool, now: UInt64) {
        if isAlive {
            failures = 0
        } else {
            failures += 1
            opensAgainAt = now + CircuitBreaker.pause.nanoseconds
        }
    }
}

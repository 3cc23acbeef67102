/// Leaves an upstream alone that fails again and again, so that requests are refused at once instead of each waiting
/// for its deadline. One request at a time then tries whether it is back: a probe.
///
/// Has neither clock nor lock; whoever shares it brings both.
struct CircuitBreaker: Sendable {
    /// Whether a request may go upstream.
    enum Decision: Equatable, Sendable {
        /// As every request may, while the upstream is not left alone.
        case admitted
        /// As a probe, which must be ended by ``CircuitBreaker/endProbe()`` however it ends.
        case probe
        /// No: the upstream is left alone for so long, or at least until the probe under way has ended.
        case refused(Duration)
    }

    /// Failures in a row that open it.
    static let threshold = 20
    /// For how long it stays open before the next probe.
    static let pause: Duration = .seconds(2)

    private var failures = 0
    private var opensAgainAt: UInt64 = 0
    private var isProbing = false

    /// Whether the upstream is left alone, but for a probe now and then.
    var isOpen: Bool { failures >= CircuitBreaker.threshold }

    /// Decides on a request.
    /// - Parameter now: nanoseconds on a monotonic clock.
    mutating func admit(now: UInt64) -> Decision {
        guard isOpen else { return .admitted }
        guard now >= opensAgainAt else { return .refused(.nanoseconds(opensAgainAt - now)) }
        guard !isProbing else { return .refused(CircuitBreaker.pause) }
        isProbing = true
        // A probe that ends without a result, because its task was cancelled, is not followed by another at once.
        opensAgainAt = now + CircuitBreaker.pause.nanoseconds
        return .probe
    }

    /// Gives the place of the probe back.
    mutating func endProbe() {
        isProbing = false
    }

    /// - Parameter isAlive: whether the upstream answered as one that works does, even if it refused.
    mutating func record(isAlive: Bool, now: UInt64) {
        if isAlive {
            failures = 0
        } else {
            failures += 1
            opensAgainAt = now + CircuitBreaker.pause.nanoseconds
        }
    }
}

/// Stops calls to an upstream that fails repeatedly, so that requests are refused at once instead of each waiting for
/// its deadline. One request at a time then checks whether the upstream is back: a probe.
///
/// It has neither clock nor lock; its owner brings both.
struct CircuitBreaker: Sendable {
    /// Whether a request may go upstream.
    enum Decision: Equatable, Sendable {
        /// Yes: the upstream works.
        case admitted
        /// Yes, as a probe, which must be ended by ``CircuitBreaker/endProbe()`` however it ends.
        case probe
        /// No: the upstream is not called for that time, or at least until the current probe has ended.
        case refused(Duration)
    }

    /// Failures in a row that open it.
    static let threshold = 20
    /// The time between two probes.
    static let pause: Duration = .seconds(2)

    private var failures = 0
    private var opensAgainAt: UInt64 = 0
    private var isProbing = false
    /// When it closed last.
    private var closedAt: UInt64 = 0

    /// Whether the upstream is not called, except by a probe now and then.
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

    /// Ends a probe, so that the next one may begin.
    mutating func endProbe() {
        isProbing = false
    }

    /// Records the result of a request. Requests that were sent before it closed do not open it again: the upstream may
    /// leave many of them without an answer, which then fail together.
    /// - Parameters:
    ///   - isAlive: whether the upstream works, even if it refused the request.
    ///   - sent: when the request was sent.
    mutating func record(isAlive: Bool, sent: UInt64, now: UInt64) {
        if isAlive {
            if isOpen { closedAt = now }
            failures = 0
        } else if sent >= closedAt {
            failures += 1
            opensAgainAt = now + CircuitBreaker.pause.nanoseconds
        }
    }
}

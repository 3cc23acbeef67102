import Locking
import Synchronization

/// Counts refused requests by client address, for all loops, and how many of them left no usage line.
///
/// It is used after a request is refused, so it cannot refuse any other: clients that share an address, as all do behind
/// a proxy that `TRUSTED_PROXIES` does not name, still get tokens while one of them is refused repeatedly.
package final class RefusalLimiter: Sendable {
    /// A table of its own: refused requests of many addresses must not push out entries of the limits on tokens.
    private let limiter = Locked(RateLimiter(capacity: 16_384))
    private let unlogged = Atomic(0)
    /// The number since the last usage line that had one.
    private let unreported = Atomic(0)

    /// No request has been refused.
    package init() {}

    /// Refusals without a usage line since the start.
    package var total: Int { unlogged.load(ordering: .relaxed) }

    /// Counts a refusal of a client.
    /// - Parameter now: nanoseconds on a monotonic clock.
    /// - Returns: nil when the limit allows the refusal a usage line, else the limit and how long until it allows one.
    func count(_ client: ClientAddress, under rule: LimitRule, now: UInt64) -> LimitReached? {
        let check = LimitCheck(rule, LimitIdentity(.client(client.limitKey)))
        var checks = LimitChecks()
        checks.append(check)
        guard case .refused(let reached) = limiter.withLock({ $0.admit(checks, now: now) }) else { return nil }
        unlogged.add(1, ordering: .relaxed)
        unreported.add(1, ordering: .relaxed)
        return LimitReached(.refusals(check), wait: reached.wait, isFull: reached.isFull)
    }

    /// A usage line with the number of refusals that no line has counted so far, for the end of the daemon; nil without
    /// any.
    package func remainder(unixMilliseconds: Int64) -> [UInt8]? {
        let count = takeUnreported()
        return count > 0 ? UnloggedRefusals.line(count, unixMilliseconds: unixMilliseconds) : nil
    }

    /// Refusals without a usage line since the last call: for the next line that is written, of any client.
    func takeUnreported() -> Int {
        // Nearly always there are none, and a load is cheaper than an exchange.
        unreported.load(ordering: .relaxed) == 0 ? 0 : unreported.exchange(0, ordering: .relaxed)
    }
}

import Locking
import Sessions

/// Counts refused requests by client address, for all loops, and how many of them left no usage line.
///
/// It is used after a request is refused, so it cannot refuse any other: clients that share an address, as all do behind
/// a proxy that `TRUSTED_PROXIES` does not name, still get tokens while one of them is refused repeatedly.
package final class RefusalLimiter: Sendable {
    private struct Unlogged {
        /// The number since the start.
        var total = 0
        /// The number since the last usage line that had one.
        var unreported = 0
    }

    /// A table of its own: refused requests of many addresses must not push out entries of the limits on tokens.
    private let limiter = Locked(RateLimiter(capacity: 16_384))
    private let unlogged = Locked(Unlogged())

    /// No request has been refused.
    package init() {}

    /// Refusals without a usage line since the start.
    package var total: Int { unlogged.withLock(\.total) }

    /// Counts a refusal of a client.
    /// - Parameter now: nanoseconds on a monotonic clock.
    /// - Returns: nil when the limit allows the refusal a usage line, else the limit and how long until it allows one.
    func count(_ client: ClientAddress, under limit: RateLimit, now: UInt64) -> LimitReached? {
        let check = LimitCheck(LimitRule(.client, limit), LimitIdentity(.client(client.limitKey)))
        var checks = LimitChecks()
        checks.append(check)
        guard case .refused(let reached) = limiter.withLock({ $0.admit(checks, now: now) }) else { return nil }
        unlogged.withLock { unlogged in
            unlogged.total += 1
            unlogged.unreported += 1
        }
        return LimitReached(.refusals(check), wait: reached.wait, isFull: reached.isFull)
    }

    /// Refusals without a usage line since the last call: for the next line that is written, of any client.
    func takeUnreported() -> Int {
        unlogged.withLock { unlogged in
            defer { unlogged.unreported = 0 }
            return unlogged.unreported
        }
    }
}

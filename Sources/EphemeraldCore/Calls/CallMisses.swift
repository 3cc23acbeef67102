/// How often each client has named a call that it does not have. After 30 times within a minute it gets the same answer
/// without a look at the calls. It has neither clock nor lock; its owner has both.
///
/// Ids cannot be guessed; this keeps a client from making the service search and log as fast as it can send.
package struct CallMisses: Sendable {
    private struct Count: Sendable {
        var misses: Int
        /// The end of the minute that began with the first miss.
        let end: UInt64
    }

    private static let allowance = 30
    private static let window: UInt64 = 60_000_000_000
    /// Clients remembered at once. When there are more, all are forgotten: a crowd of addresses gets a few looks more.
    private static let capacity = 8_192

    private var counts: [UInt128: Count] = [:]

    /// Nobody has missed.
    package init() {}

    /// Whether requests of this client are answered without a look.
    /// - Parameters:
    ///   - client: `ClientAddress.limitKey`
    ///   - now: nanoseconds on a monotonic clock.
    package func isBlocked(_ client: UInt128, now: UInt64) -> Bool {
        guard let count = counts[client] else { return false }
        return count.misses >= CallMisses.allowance && now < count.end
    }

    /// Counts a request that named an unknown call.
    package mutating func add(_ client: UInt128, now: UInt64) {
        if let count = counts[client], now < count.end {
            counts[client]?.misses += 1
            return
        }
        if counts.count >= CallMisses.capacity { counts.removeAll(keepingCapacity: true) }
        counts[client] = Count(misses: 1, end: now + CallMisses.window)
    }
}

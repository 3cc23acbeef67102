package import Sessions

/// A rate limit in the numbers that the limiter reckons with.
///
/// GCRA keeps one timestamp a key, the theoretical arrival time: when the bucket is full again. A request moves it on
/// by the increment; it is admitted while the time stays within the capacity from now. That equals a token bucket.
package struct LimitPolicy: Hashable, Sendable {
    /// What it counts by.
    package let dimension: LimitDimension
    /// What is written in the setting.
    package let limit: RateLimit
    /// Nanoseconds that one request costs: window / count, rounded up, so that never more than `count` go through.
    let increment: UInt64
    /// Nanoseconds that a full bucket holds: increment * burst, at most 3.6e18.
    let capacity: UInt64

    /// Cannot overflow: `RateLimit` bounds count, window and burst.
    package init(_ dimension: LimitDimension, _ limit: RateLimit) {
        self.dimension = dimension
        self.limit = limit
        increment = (limit.window.nanoseconds + UInt64(limit.count) - 1) / UInt64(limit.count)
        capacity = increment * UInt64(limit.burst)
    }
}

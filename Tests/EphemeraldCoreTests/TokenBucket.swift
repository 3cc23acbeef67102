import EphemeraldCore
import Sessions

/// The model that the limiter is compared with: a token bucket in whole nanoseconds, one for each key, never forgotten.
struct TokenBucket {
    let increment: Int
    let capacity: Int
    private var credit: Int
    private var last = 0

    init(_ limit: RateLimit) {
        let window = Int(limit.window.components.seconds) * 1_000_000_000
        increment = (window + limit.count - 1) / limit.count
        capacity = increment * limit.burst
        credit = capacity
    }

    mutating func refill(now: Int) {
        credit = min(capacity, credit + now - last)
        last = now
    }

    var admits: Bool { credit >= increment }
    var remaining: Int { credit / increment }
    /// Until one request more than `remaining` would be admitted.
    var wait: Duration { .nanoseconds(increment - credit % increment) }

    mutating func take() { credit -= increment }
}

import EphemeraldCore
import Sessions

/// The model that the limiter is held against: a token bucket in whole nanoseconds, one for each key, never forgotten.
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

/// SplitMix64: the same schedules on every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

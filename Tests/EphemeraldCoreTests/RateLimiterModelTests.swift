import EphemeraldCore
import Sessions
import TestTools
import Testing

private let spellings = [
    "10/min burst 5", "7/min burst 3", "1/s", "3/s burst 1", "60/h burst 2", "600/min burst 100", "999/s burst 4",
]

/// Pauses of all sizes: none, about one increment to the nanosecond, and long enough to fill the bucket.
private func pause(after bucket: TokenBucket, using random: inout SplitMix64) -> Int {
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: 0
    case 2: bucket.increment + Int.random(in: -1...1, using: &random)
    case 3: Int.random(in: 0...bucket.increment, using: &random)
    case 4: bucket.increment / 3
    default: Int.random(in: 0...2 * bucket.capacity, using: &random)
    }
}

@Suite struct `The limiter against a token bucket` {
    @Test func `decides alike on 10,000 schedules of one key`() throws {
        var random = SplitMix64(seed: 1)
        let limits = try spellings.map { try RateLimit(parsing: $0) }
        for schedule in 0..<10_000 {
            let limit = limits[schedule % limits.count]
            let rule = LimitRule(.client, limit)
            var bucket = TokenBucket(limit)
            var limiter = RateLimiter(capacity: 8)
            var now = Int.random(in: 0...1_000_000_000_000, using: &random)
            var admitted: [Int] = []
            for _ in 0..<20 {
                now += pause(after: bucket, using: &random)
                bucket.refill(now: now)
                let check = LimitCheck(rule, LimitIdentity(.client(UInt128(schedule))))
                let expected: LimitVerdict
                if bucket.admits {
                    bucket.take()
                    admitted.append(now)
                    expected = .admitted(
                        closest: LimitStanding(rule: rule, remaining: bucket.remaining, wait: bucket.wait))
                } else {
                    expected = .refused(LimitReached(.rate(check), wait: bucket.wait))
                }
                var checks = LimitChecks()
                checks.append(check)
                let decision = limiter.admit(checks, now: UInt64(now))
                guard decision == expected else {
                    Issue.record("schedule \(schedule), \(limit), at \(now): \(decision) instead of \(expected)")
                    return
                }
            }
            #expect(keeps(admitted, within: limit), "schedule \(schedule), \(limit)")
        }
    }

    /// In no stretch of time more than the burst and what the stretch itself allows, to the nanosecond.
    private func keeps(_ admitted: [Int], within limit: RateLimit) -> Bool {
        let window = Int(limit.window.components.seconds) * 1_000_000_000
        return admitted.indices.allSatisfy { first in
            admitted.indices[first...].allSatisfy { last in
                (last - first + 1 - limit.burst) * window <= (admitted[last] - admitted[first]) * limit.count
            }
        }
    }

    @Test func `decides alike on 2,000 schedules of three limits`() throws {
        var random = SplitMix64(seed: 2)
        let limits = try spellings.map { try RateLimit(parsing: $0) }
        for schedule in 0..<2_000 {
            let dimensions: [LimitDimension] = [.client, .session, .all]
            let chosen = dimensions.map { _ in limits[Int.random(in: 0..<limits.count, using: &random)] }
            let rules = zip(dimensions, chosen).map { LimitRule($0, $1) }
            // Three clients, two sessions, all.
            var buckets = zip([3, 2, 1], chosen).map { Array(repeating: TokenBucket($1), count: $0) }
            var limiter = RateLimiter(capacity: 8)
            var now = 0
            for _ in 0..<30 {
                now += pause(after: buckets[0][0], using: &random)
                let who = buckets.map { Int.random(in: 0..<$0.count, using: &random) }
                var checks = LimitChecks()
                for (index, rule) in rules.enumerated() {
                    checks.append(LimitCheck(rule, LimitIdentity(.client(UInt128(who[index])))))
                    buckets[index][who[index]].refill(now: now)
                }
                let expected = (0..<3).allSatisfy { buckets[$0][who[$0]].admits }
                if expected { for index in 0..<3 { buckets[index][who[index]].take() } }
                let isAdmitted =
                    switch limiter.admit(checks, now: UInt64(now)) {
                    case .admitted(let closest, _):
                        closest?.remaining == (0..<3).map { buckets[$0][who[$0]].remaining }.min()
                    case .refused(let reached):
                        reached.wait
                            != (0..<3).filter { !buckets[$0][who[$0]].admits }.map { buckets[$0][who[$0]].wait }.max()
                    case .unavailable: !expected
                    }
                guard isAdmitted == expected else {
                    Issue.record("schedule \(schedule), \(chosen), at \(now): not \(expected), or other numbers")
                    return
                }
            }
        }
    }

    @Test func `never forgets a restraint in a full table`() throws {
        var random = SplitMix64(seed: 3)
        let limits = try ["10/min burst 1", "10/min burst 2", "10/min burst 5"].map { try RateLimit(parsing: $0) }
        for schedule in 0..<300 {
            let rule = LimitRule(.client, limits[schedule % limits.count])
            var limiter = RateLimiter(capacity: 8)
            var restrainedUntil = Array(repeating: Duration.zero, count: 40)
            var now = 0
            for _ in 0..<200 {
                now += Int.random(in: 0...1_000_000_000, using: &random)
                let who = Int.random(in: 0..<(Bool.random(using: &random) ? 6 : 40), using: &random)
                var checks = LimitChecks()
                checks.append(LimitCheck(rule, LimitIdentity(.client(UInt128(who)))))
                guard case .admitted(let closest?, _) = limiter.admit(checks, now: UInt64(now)) else { continue }
                #expect(restrainedUntil[who] <= .nanoseconds(now))
                if closest.remaining == 0 { restrainedUntil[who] = .nanoseconds(now) + closest.wait }
            }
        }
    }
}

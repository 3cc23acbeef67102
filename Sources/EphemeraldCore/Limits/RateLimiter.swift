/// The state behind all limits: who owes what. It has neither clock nor lock; whoever shares it brings both.
///
/// A request passes all its limits or none: they are all checked before any is counted, so that a refused request
/// neither extends its own wait nor takes from another limit.
package struct RateLimiter: Sendable {
    private var table: LimitTable

    /// The theoretical arrival time of everybody together. It stands outside the table, where it could be pushed out.
    private var arrivalOfAll: UInt64 = 0

    /// - Parameter capacity: entries of the table, which is allocated here and never grows; the default takes 6.3 MB.
    package init(capacity: Int = 262_144) {
        table = LimitTable(capacity: capacity)
    }

    /// The number of keys that can be remembered.
    package var capacity: Int { table.capacity }

    /// How many keys of that part of the table owe something.
    func held(in range: Range<Int>, now: UInt64) -> Int {
        table.held(in: range, now: now)
    }

    /// Decides on one request, and counts it when it is admitted.
    /// - Parameter now: nanoseconds on a monotonic clock. Loops read the clock before they take the lock, so it may
    ///   run back by as much as they wait for each other.
    package mutating func admit(_ checks: LimitChecks, now: UInt64) -> LimitDecision {
        var arrivals: InlineArray<8, UInt64> = InlineArray(repeating: 0)
        var closest: LimitStanding?
        var refusal: LimitStanding?
        for index in 0..<checks.count {
            guard let check = checks[index] else { continue }
            switch judge(check, now: now) {
            case .success(let arrival):
                arrivals[index] = arrival
                let standing = standing(of: check.policy, arrival: arrival, now: now)
                if standing.remaining < closest?.remaining ?? .max { closest = standing }
            case .failure(let wait):
                let standing = LimitStanding(policy: check.policy, remaining: 0, wait: .nanoseconds(wait.nanoseconds))
                if standing.wait > refusal?.wait ?? .zero { refusal = standing }
            }
        }
        if let refusal { return .refused(by: refusal) }
        for index in 0..<checks.count {
            guard let check = checks[index] else { continue }
            count(check, arrival: arrivals[index], now: now)
        }
        return .admitted(closest: closest)
    }

    private struct Wait: Error {
        let nanoseconds: UInt64
    }

    /// The arrival time that the key would have, or how long it would have to wait.
    private func judge(_ check: LimitCheck, now: UInt64) -> Result<UInt64, Wait> {
        let known: UInt64
        if check.policy.dimension == .all {
            known = arrivalOfAll
        } else {
            switch table.place(of: check.key, now: now) {
            case .found(_, let arrival): known = arrival
            case .vacant: known = 0
            case .none(let freeAt): return .failure(Wait(nanoseconds: freeAt - now))
            }
        }
        let latest = now + check.policy.capacity
        // Nobody owes more than a full bucket: a debt from before a limit was changed is cut to the new one.
        let arrival = min(max(known, now), latest) + check.policy.increment
        return arrival <= latest ? .success(arrival) : .failure(Wait(nanoseconds: arrival - latest))
    }

    private mutating func count(_ check: LimitCheck, arrival: UInt64, now: UInt64) {
        if check.policy.dimension == .all {
            arrivalOfAll = arrival
            return
        }
        let next = arrival + check.policy.increment
        let admitsAt = next > check.policy.capacity ? next - check.policy.capacity : 0
        table.record(check.key, arrival: arrival, admitsAt: admitsAt, now: now)
    }

    /// - Parameter arrival: what the key's entry will be once the request is counted, so the bucket is not full.
    private func standing(of policy: LimitPolicy, arrival: UInt64, now: UInt64) -> LimitStanding {
        let (remaining, rest) = (now + policy.capacity - arrival).quotientAndRemainder(dividingBy: policy.increment)
        return LimitStanding(
            policy: policy, remaining: Int(remaining), wait: .nanoseconds(policy.increment - rest))
    }
}

/// What the limiter says about a request.
package enum LimitDecision: Hashable, Sendable {
    /// All limits admit the request, and it is counted.
    /// - Parameter closest: how the limit stands that admits the fewest further requests; nil when none is in force.
    case admitted(closest: LimitStanding?)
    /// A limit does not admit the request, and no limit has counted it.
    /// - Parameter standing: the limit with the longest wait, which is how long all of them take.
    case refused(by: LimitStanding)
}

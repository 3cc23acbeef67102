import Sessions

/// The state of all limits: which key owes what. It has neither clock nor lock; its owner brings both.
///
/// A request passes all its limits or none: they are all checked before any is counted, so that a refused request
/// neither extends its own wait nor takes from another limit.
package struct RateLimiter: Sendable {
    private var table: LimitTable

    /// The theoretical arrival time of all requests together. It is not in the table, where it could be pushed out.
    private var arrivalOfAll: UInt64 = 0

    /// - Parameter capacity: entries of the table. With the default the table takes at most 6.8 MB, and 64 KB at first.
    package init(capacity: Int = 262_144) {
        table = LimitTable(capacity: capacity)
    }

    /// The number of keys that can be remembered.
    package var capacity: Int { table.capacity }

    /// How many keys of that part of the table owe something.
    func held(in range: Range<Int>, now: UInt64) -> Int {
        table.held(in: range, now: now)
    }

    /// How many requests of a bucket are taken, rounded up.
    func requestsTaken(by check: LimitCheck, now: UInt64) -> Int {
        var arrival = arrivalOfAll
        if check.rule.dimension != .all {
            guard case .found(_, let known) = table.place(of: check.key, now: now) else { return 0 }
            arrival = known
        }
        guard arrival > now else { return 0 }
        let taken = (arrival - now + check.rule.increment - 1) / check.rule.increment
        return min(check.rule.limit.burst, Int(clamping: taken))
    }

    /// Decides on one request, and counts it when it is admitted.
    /// - Parameter now: nanoseconds on a monotonic clock. Loops read the clock before they take the lock, so it may
    ///   run back by as much as they wait for each other.
    package mutating func admit(_ checks: LimitChecks, now: UInt64) -> LimitVerdict {
        var arrivals: InlineArray<8, UInt64> = InlineArray(repeating: 0)
        var closest: LimitStanding?
        var longest: LimitReached?
        for index in 0..<checks.count {
            guard let check = checks[index] else { continue }
            if let reached = judge(check, now: now, arrival: &arrivals[index]) {
                if reached.wait > longest?.wait ?? .zero { longest = reached }
            } else {
                let standing = standing(of: check.rule, arrival: arrivals[index], now: now)
                if standing.remaining < closest?.remaining ?? .max { closest = standing }
            }
        }
        if let longest { return .refused(longest) }
        for index in 0..<checks.count {
            guard let check = checks[index] else { continue }
            count(check, arrival: arrivals[index], now: now)
        }
        return .admitted(closest: closest)
    }

    /// Decides by one limit, without counting.
    /// - Parameter arrival: set to the arrival time that the key would have, when the request is admitted.
    /// - Returns: nil when the limit admits the request.
    private func judge(_ check: LimitCheck, now: UInt64, arrival: inout UInt64) -> LimitReached? {
        let known: UInt64
        if check.rule.dimension == .all {
            known = arrivalOfAll
        } else {
            switch table.place(of: check.key, now: now) {
            case .found(_, let arrival): known = arrival
            case .vacant: known = 0
            case .none(let freeAt): return LimitReached(.rate(check), wait: .nanoseconds(freeAt - now), isFull: true)
            }
        }
        let latest = now + check.rule.capacity
        // No debt is more than a full bucket: a debt from before a limit was changed is cut to the new one.
        arrival = min(max(known, now), latest) + check.rule.increment
        return arrival <= latest ? nil : LimitReached(.rate(check), wait: .nanoseconds(arrival - latest))
    }

    private mutating func count(_ check: LimitCheck, arrival: UInt64, now: UInt64) {
        if check.rule.dimension == .all {
            arrivalOfAll = arrival
            return
        }
        let next = arrival + check.rule.increment
        let admitsAt = next > check.rule.capacity ? next - check.rule.capacity : 0
        table.record(check.key, arrival: arrival, admitsAt: admitsAt, now: now)
    }

    /// - Parameter arrival: what the key's entry will be once the request is counted, so the bucket is not full.
    private func standing(of rule: LimitRule, arrival: UInt64, now: UInt64) -> LimitStanding {
        let (remaining, rest) = (now + rule.capacity - arrival).quotientAndRemainder(dividingBy: rule.increment)
        return LimitStanding(rule: rule, remaining: Int(remaining), wait: .nanoseconds(rule.increment - rest))
    }
}

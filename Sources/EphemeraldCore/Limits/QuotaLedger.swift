package import Sessions

/// The state of the quotas: how many tokens and how much money were taken on which day. It has neither clock nor lock; its
/// owner brings both.
///
/// Counts of eight days are kept, so that a wall clock that was set wrong finds on its way back what was used on each
/// day. Memory is bounded: there are places for 262,144 pairs of a day and a caller or session, about 8 MB, and 13
/// while the table grows; a caller whose money is counted has a second place. When they are taken, the day farthest from
/// the present makes room. When the present day has all of them, callers and sessions that are not among them are refused,
/// because they cannot be counted.
package struct QuotaLedger: Sendable {
    private struct Counts {
        var all = 0
        var spent = 0
        var others: [UInt64: Int] = [:]
    }

    private static let daysKept = 8

    /// The number of pairs of a day and a caller or session.
    package let capacity: Int
    private var days: [Day: Counts] = [:]

    /// Nothing is counted. The capacity is less only in tests.
    package init(capacity: Int = 262_144) {
        self.capacity = capacity
    }

    /// The first quota that refuses a request on that day; nil when all of them admit it. Nothing is counted.
    /// - Parameter wait: the time until the next day begins in UTC.
    package func quotaReached(of checks: [QuotaCheck], on day: Day, wait: Duration) -> LimitReached? {
        if checks.isEmpty { return nil }
        if let spent = checks.first(where: { used($0, on: day) + $0.amount > $0.allowance }) {
            return LimitReached(.quota(spent), wait: wait)
        }
        let counts = days[day]?.others ?? [:]
        var vacant = capacity - counts.count
        for check in checks where !check.dimension.countsEverybody && counts[key(of: check)] == nil {
            vacant -= 1
            if vacant < 0 { return LimitReached(.quota(check), wait: wait, isFull: true) }
        }
        return nil
    }

    /// What was taken on that day of what the check counts: tokens, or millionths of the currency.
    package func used(_ check: QuotaCheck, on day: Day) -> Int {
        guard let counts = days[day] else { return 0 }
        return switch check.dimension {
        case .all: counts.all
        case .spendAll: counts.spent
        case .caller, .session, .spendCaller: counts.others[key(of: check)] ?? 0
        }
    }

    /// Counts the amount of every check.
    /// - Parameters:
    ///   - day: the day that the amounts are counted on.
    ///   - today: the day whose counts matter most, when there is no room for all.
    package mutating func take(_ checks: [QuotaCheck], on day: Day, today: Day) {
        guard !checks.isEmpty else { return }
        makeRoom(for: day, today: today)
        for check in checks {
            if !check.dimension.countsEverybody {
                let key = key(of: check)
                if days[day]?.others[key] == nil {
                    guard hasPlace(today: today) else { continue }
                    days[day, default: Counts()].others[key] = 0
                }
            } else if days[day] == nil {
                days[day] = Counts()
            }
            add(check.amount, to: check, on: day)
        }
    }

    /// Takes back what `take` counted on that day.
    package mutating func giveBack(_ checks: [QuotaCheck], on day: Day) {
        for check in checks { add(-check.amount, to: check, on: day) }
    }

    /// Corrects what `take` counted on that day, once it is known what was used.
    /// - Parameter amount: comes back to each of the checks. A negative one is added, even beyond the allowance.
    package mutating func giveBack(_ amount: Int, to checks: [QuotaCheck], on day: Day) {
        for check in checks { add(-amount, to: check, on: day) }
    }

    /// Changes a count that has a place, within 0 and the most that is counted. What was forgotten stays forgotten.
    private mutating func add(_ amount: Int, to check: QuotaCheck, on day: Day) {
        let sum = min(max(used(check, on: day) + amount, 0), QuotaCheck.largestAmount)
        switch check.dimension {
        case .all: days[day]?.all = sum
        case .spendAll: days[day]?.spent = sum
        case .caller, .session, .spendCaller:
            let key = key(of: check)
            if days[day]?.others[key] != nil { days[day]?.others[key] = sum }
        }
    }

    private mutating func makeRoom(for day: Day, today: Day) {
        guard days[day] == nil, days.count >= QuotaLedger.daysKept else { return }
        if let farthest = farthestDay(from: today) { days[farthest] = nil }
    }

    /// Whether there is a place for one more, if need be that of the day that matters least.
    private mutating func hasPlace(today: Day) -> Bool {
        while days.values.reduce(0, { $0 + $1.others.count }) >= capacity {
            guard let farthest = farthestDay(from: today), farthest != today else { return false }
            days[farthest] = nil
        }
        return true
    }

    private func farthestDay(from today: Day) -> Day? {
        days.keys.max { abs($0.days(until: today)) < abs($1.days(until: today)) }
    }

    /// Under a key of this process, so that nobody can choose names that collide.
    private func key(of check: QuotaCheck) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(check.dimension)
        hasher.combine(check.identity)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

package import Locking
package import Sessions

/// The most that may be spent on a day in UTC, in all and by one caller; nil is off.
package struct SpendingLimits: Hashable, Sendable {
    /// By one caller; it has no effect where callers do not have to say who they are.
    package var caller: Money?
    /// By all callers together.
    package var all: Money?

    /// Both of them off, except those that are given.
    package init(caller: Money? = nil, all: Money? = nil) {
        self.caller = caller
        self.all = all
    }

    /// Whether nobody counts money.
    package var areOff: Bool { caller == nil && all == nil }

    /// The quotas that the worst case of a token or of a call is counted under.
    /// - Parameters:
    ///   - name: the caller, as the usage log names them; nil where callers do not have to say who they are.
    ///   - amount: the worst case: 0 to ``Money/largest``; others trap.
    package func checks(caller name: String?, amount: Money) -> [QuotaCheck] {
        if areOff { return [] }
        let amount = Int(amount.micros)
        var checks: [QuotaCheck] = []
        if let caller, let name {
            checks.append(
                QuotaCheck(.spendCaller, allowance: Int(caller.micros), identity: name, amount: amount))
        }
        if let all { checks.append(QuotaCheck(.spendAll, allowance: Int(all.micros), identity: "", amount: amount)) }
        return checks
    }
}

extension QuotaReceipt {
    /// The money that was taken; zero where nobody counts money.
    var money: Money { Money(micros: Int64(checks.first(where: \.dimension.isMoney)?.amount ?? 0)) }
}

/// The account of what calls cost. When a call is over, it gives back what was reserved and not spent; what was spent beyond
/// the worst case is added to the day.
package struct SpendingAccount: Sendable {
    private let counts: Locked<AdmissionCounts>?

    /// - Parameter counts: where the worst cases were taken from; nil where Redis counts, whose scripts give back
    ///   themselves.
    package init(in counts: Locked<AdmissionCounts>?) {
        self.counts = counts
    }

    /// Settles a call that is over, once.
    package func settle(_ settlement: CallSettlement) {
        let (plan, back) = (settlement.record.plan, Int(settlement.givenBack.micros))
        if plan.spending.isEmpty { return }
        counts?.withLock { $0.ledger.giveBack(back, to: plan.spending, on: plan.day) }
    }
}

/// What all daemons that count in one Redis have taken from `SPEND_ALL` on a day, as it was when it was last read: for
/// metrics, and for no decision.
package final class SharedSpending: Sendable {
    /// The key that it is read from. The value is `day:amount`.
    package static let key = AdmissionScript.key(of: QuotaCheck(.spendAll, allowance: 0, identity: ""))

    private let latest = Locked((day: -1, amount: 0))

    /// Nothing was read yet.
    package init() {}

    /// Takes the value in Redis; nil when it has none: nothing was taken yet, or Redis has lost it and begins again.
    package func read(_ value: String?) {
        guard let value else { return latest.withLock { $0 = (-1, 0) } }
        let parts = value.split(separator: ":").map { Int($0) }
        if parts.count == 2, let day = parts[0], let amount = parts[1] { latest.withLock { $0 = (day, amount) } }
    }

    /// What was taken that day, in micro-units.
    package func taken(on day: Day) -> Int {
        latest.withLock { $0.day == day.number ? $0.amount : 0 }
    }
}

import EphemeraldCore
import Sessions
import Testing

@Suite struct `The ledger of the quotas` {
    private static let today = Day(2026, 11, 22)

    private static func caller(_ name: String, allowance: Int = 10) -> [QuotaCheck] {
        [QuotaCheck(.caller, allowance: allowance, identity: name)]
    }

    @Test func `counts each caller by name, and each day apart`() {
        var ledger = QuotaLedger()
        let (ann, bob) = (Self.caller("ann"), Self.caller("bob"))
        for _ in 0..<3 { ledger.take(ann, on: Self.today, today: Self.today) }
        ledger.take(ann, on: Day(2026, 11, 21), today: Self.today)
        #expect(ledger.used(ann[0], on: Self.today) == 3)
        #expect(ledger.used(ann[0], on: Day(2026, 11, 21)) == 1)
        #expect(ledger.used(bob[0], on: Self.today) == 0)
        ledger.giveBack(ann, on: Self.today)
        #expect(ledger.used(ann[0], on: Self.today) == 2)
    }

    @Test func `never has less than nothing`() {
        var ledger = QuotaLedger()
        for check in [Self.caller("ann"), [QuotaCheck(.all, allowance: 1, identity: "")]] {
            ledger.giveBack(check, on: Self.today)
            #expect(ledger.used(check[0], on: Self.today) == 0)
        }
    }

    @Test func `names the quota that is spent`() {
        var ledger = QuotaLedger()
        let checks = Quotas(caller: 2, session: 3, all: 4).checks(caller: "ann", session: "default")
        for _ in 0..<2 {
            #expect(ledger.quotaReached(of: checks, on: Self.today, wait: .seconds(9)) == nil)
            ledger.take(checks, on: Self.today, today: Self.today)
        }
        #expect(ledger.quotaReached(of: checks, on: Self.today, wait: .seconds(9))?.dimension == "caller")
        let other = Quotas(caller: 2, session: 3, all: 4).checks(caller: "bob", session: "default")
        ledger.take(other, on: Self.today, today: Self.today)
        #expect(ledger.quotaReached(of: other, on: Self.today, wait: .seconds(9))?.dimension == "session")
    }

    @Test func `keeps eight days, and drops the one farthest from today`() {
        var ledger = QuotaLedger()
        for day in 18...26 { ledger.take(Self.caller("ann"), on: Day(2026, 11, day), today: Self.today) }
        let kept = (18...26).filter { ledger.used(Self.caller("ann")[0], on: Day(2026, 11, $0)) == 1 }
        #expect(kept.count == 8)
        #expect(kept.contains(22))
    }

    @Test func `when it is full, forgets other days and then refuses newcomers`() {
        var ledger = QuotaLedger(capacity: 4)
        for name in ["ann", "bob"] { ledger.take(Self.caller(name), on: Day(2026, 11, 21), today: Self.today) }
        for name in ["ann", "bob", "cid", "dot"] {
            #expect(ledger.quotaReached(of: Self.caller(name), on: Self.today, wait: .seconds(9)) == nil)
            ledger.take(Self.caller(name), on: Self.today, today: Self.today)
        }
        #expect(ledger.used(Self.caller("ann")[0], on: Day(2026, 11, 21)) == 0)
        #expect(ledger.quotaReached(of: Self.caller("eve"), on: Self.today, wait: .seconds(9))?.isFull == true)
        #expect(ledger.quotaReached(of: Self.caller("ann"), on: Self.today, wait: .seconds(9)) == nil)
    }

    @Test func `restores days in any order without losing today's`() {
        var ledger = QuotaLedger(capacity: 4)
        for (name, day) in [("ann", 22), ("bob", 22), ("ann", 21), ("cid", 21), ("dot", 21), ("cid", 22), ("dot", 22)] {
            ledger.take(Self.caller(name), on: Day(2026, 11, day), today: Self.today)
        }
        for name in ["ann", "bob", "cid", "dot"] {
            #expect(ledger.used(Self.caller(name)[0], on: Self.today) == 1, "\(name)")
        }
    }

    @Test func `counts money to the last millionth, up to a thousand million units`() {
        var ledger = QuotaLedger()
        func reached(_ micros: Int64) -> String? {
            let checks = limits.checks(caller: "ann", amount: Money(micros: micros))
            return ledger.quotaReached(of: checks, on: Self.today, wait: .seconds(9))?.dimension
        }
        let limits = SpendingLimits(caller: .largest, all: .largest)
        let most = limits.checks(caller: "ann", amount: Money(micros: Money.largest.micros - 1))
        ledger.take(most, on: Self.today, today: Self.today)
        #expect(reached(1) == nil)
        #expect(reached(2) == "spend_caller")
        ledger.take(limits.checks(caller: "ann", amount: Money(micros: 1)), on: Self.today, today: Self.today)
        #expect(reached(1) == "spend_caller")
        #expect(reached(0) == nil)
        let bob = limits.checks(caller: "bob", amount: Money(micros: 1))
        #expect(ledger.quotaReached(of: bob, on: Self.today, wait: .seconds(9))?.dimension == "spend_all")
        ledger.giveBack(most, on: Self.today)
        #expect(ledger.used(most[0], on: Self.today) == 1 && ledger.used(most[1], on: Self.today) == 1)
    }

    @Test func `adds what was spent beyond the amount, up to what can be counted exactly`() {
        var ledger = QuotaLedger()
        let checks = SpendingLimits(caller: Money(micros: 100), all: Money(micros: 100))
            .checks(caller: "ann", amount: Money(micros: 60))
        ledger.take(checks, on: Self.today, today: Self.today)
        ledger.giveBack(20, to: checks, on: Self.today)
        #expect(checks.map { ledger.used($0, on: Self.today) } == [40, 40])
        ledger.giveBack(-90, to: checks, on: Self.today)
        #expect(checks.map { ledger.used($0, on: Self.today) } == [130, 130])
        for _ in 0..<10 { ledger.giveBack(-Int(Money.largest.micros), to: checks, on: Self.today) }
        #expect(checks.map { ledger.used($0, on: Self.today) } == [1 << 53, 1 << 53])
        #expect(ledger.quotaReached(of: checks, on: Self.today, wait: .seconds(9)) != nil)
    }

    @Test func `makes no place for what comes back to a day that it has forgotten`() {
        var ledger = QuotaLedger(capacity: 1)
        let (ann, bob) = (Self.caller("ann"), Self.caller("bob"))
        ledger.giveBack(-5, to: ann, on: Self.today)
        #expect(ledger.used(ann[0], on: Self.today) == 0)
        ledger.take(bob, on: Self.today, today: Self.today)
        ledger.giveBack(-5, to: ann, on: Self.today)
        #expect(ledger.used(ann[0], on: Self.today) == 0)
        #expect(ledger.quotaReached(of: ann, on: Self.today, wait: .seconds(9))?.isFull == true)
        #expect(ledger.used(bob[0], on: Self.today) == 1)
    }

    @Test func `counts the money of all without a place`() {
        var ledger = QuotaLedger(capacity: 0)
        let all = SpendingLimits(all: Money(micros: 5)).checks(caller: "ann", amount: Money(micros: 5))
        #expect(ledger.quotaReached(of: all, on: Self.today, wait: .seconds(9)) == nil)
        ledger.take(all, on: Self.today, today: Self.today)
        #expect(ledger.used(all[0], on: Self.today) == 5)
    }

    @Test func `counts nothing that is off`() {
        #expect(SpendingLimits().checks(caller: "ann", amount: .largest).isEmpty)
        #expect(SpendingLimits(caller: .largest).checks(caller: nil, amount: .largest).isEmpty)
        #expect(Quotas().checks(caller: "ann", session: "default").isEmpty)
        #expect(Quotas(caller: 1).checks(caller: nil, session: "default").isEmpty)
    }
}

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

    @Test func `counts nothing that is off`() {
        #expect(Quotas().checks(caller: "ann", session: "default").isEmpty)
        #expect(Quotas(caller: 1).checks(caller: nil, session: "default").isEmpty)
    }
}

import EphemeraldCore
import Sessions
import TestPolicy
import Testing

@Suite struct `The admission of a call in memory` {
    private static let midday = Int64(1_795_780_800_000)
    private let plan = TestCalls.plan()
    private let quota = QuotaCheck(.spendAll, allowance: 3_000_000, identity: "", amount: 1_525_000)

    private func claim(_ quotas: [QuotaCheck], perHour: String? = nil) throws -> AdmissionClaim {
        var limits = LimitChecks()
        if let perHour {
            limits.append(LimitCheck(LimitRule(.all, try RateLimit(parsing: perHour)), LimitIdentity(.everybody)))
        }
        return AdmissionClaim(limits: limits, quotas: quotas)
    }

    @Test(
        arguments: [
            (2, "9/h", "spend_all"), (1, "9/h", "spend_all"), (1, "1/h", "spend_all"),
        ])
    func `names money before slots, and slots before limits`(slots: Int, perHour: String, refusing: String) throws {
        var (book, counts) = (CallBook(), AdmissionCounts(limiter: RateLimiter(capacity: 8)))
        func admit(_ index: Int, _ quotas: [QuotaCheck]) throws -> CallAdmission {
            counts.admit(
                TestCalls.names[index], plan, try claim(quotas, perHour: perHour), within: CallMaxima(all: slots),
                in: &book, now: at(0), unixMilliseconds: Self.midday)
        }
        guard case .admitted(_, let taken) = try admit(0, [quota]) else {
            Issue.record("not admitted")
            return
        }
        #expect(taken.day == Day(unixMilliseconds: Self.midday))
        guard case .refused(let reached) = try admit(1, [quota]) else {
            Issue.record("not refused")
            return
        }
        #expect(reached.dimension == refusing && reached.wait > .zero)
        switch try admit(1, []) {
        case .admitted: #expect(slots == 2)
        case .full(let dimension): #expect(slots == 1 && dimension == .all)
        case .refused: Issue.record("slots come first")
        }
    }

    @Test func `takes neither money nor a slot when a limit refuses`() throws {
        var (book, counts) = (CallBook(), AdmissionCounts(limiter: RateLimiter(capacity: 8)))
        let day = Day(unixMilliseconds: Self.midday)
        var small = SpendingLimits(all: .largest).checks(caller: nil, amount: Money(micros: 7))
        for (index, isAdmitted) in [true, false].enumerated() {
            let verdict = counts.admit(
                TestCalls.names[index], plan, try claim(small, perHour: "1/h"), within: CallMaxima(all: 2), in: &book,
                now: at(0), unixMilliseconds: Self.midday)
            if case .admitted = verdict { #expect(isAdmitted) } else { #expect(!isAdmitted) }
        }
        #expect(counts.ledger.used(small.removeLast(), on: day) == 7)
        #expect(book.full(for: plan, within: CallMaxima(all: 2)) == nil)
        #expect(book.full(for: plan, within: CallMaxima(all: 1)) == .all)
    }
}

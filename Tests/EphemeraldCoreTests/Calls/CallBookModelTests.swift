import EphemeraldCore
import Sessions
import TestPolicy
import TestTools
import Testing

/// One random schedule, played to the book and to the model.
private struct Schedule {
    private var book = CallBook()
    private var model = CallModel(isShared: false)
    private var random: SplitMix64
    private let maxima: CallMaxima
    private let limits: SpendingLimits
    /// The day's amounts, as the owner of the book counts them.
    private var counts = AdmissionCounts(limiter: RateLimiter(capacity: 8))
    private var now: Int
    private var settled: Set<CallName> = []
    private var takenOver = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        maxima = TestCalls.maxima[Int(seed % 4)]
        limits = TestCalls.spendingLimits[Int(seed % 3)]
        now = Int(random.next() % 10_000_000)
    }

    /// - Returns: what differed first; nil when nothing did.
    mutating func play(steps: Int) -> String? {
        for step in 0..<steps {
            if let difference = self.step() { return "step \(step) at \(now): \(difference)" }
        }
        // Nothing remains: every call that was opened is settled once and every slot is free.
        for _ in 0..<3 {
            now += 7_300_000
            if let difference = due() { return "at the end: \(difference)" }
        }
        for index in model.calls.indices where model.calls[index].isCreating {
            if let difference = undo(index, isLost: false) { return difference }
        }
        if settled.count != model.calls.count(where: { $0.opened != nil }) { return "a call was not settled" }
        if book.nextDue != nil { return "something is due for ever" }
        let none = CallMaxima(all: 1, caller: 1, client: 1, session: 1)
        return TestCalls.plans.contains { book.full(for: $0, within: none) != nil } ? "a slot was kept" : nil
    }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    private mutating func step() -> String? {
        now += TestCalls.pauses[pick(TestCalls.pauses.count)]
        let count = model.calls.count
        if count == 0 { return admit() }
        let index = pick(count)
        let call = model.calls[index]
        switch pick(10) {
        case 0, 1: return count < TestCalls.names.count ? admit() : due()
        case 2 where call.isCreating: return undo(index, isLost: pick(2) == 0)
        case 2, 3, 4: return call.isCreating ? open(index) : renew(index)
        case 5: return renew(index)
        case 6: return end(index)
        case 7: return call.isEnding ? failed(index) : due()
        case 8: return over(index)
        default: return due()
        }
    }

    private mutating func admit() -> String? {
        let name = TestCalls.names[model.calls.count]
        let offered = TestCalls.plans[pick(TestCalls.plans.count)]
        if pick(12) == 0 { return takeOver(name, offered) }
        var plan = offered
        plan.day = Day(unixSeconds: wallClock / 1_000)
        let (spent, full) = (model.spent(for: plan, within: limits), model.full(for: plan, within: maxima))
        if book.full(for: plan, within: maxima) != full { return "another slot is full than \(full as Any)" }
        let claim = AdmissionClaim(limits: LimitChecks(), quotas: checks(plan))
        let verdict = counts.admit(
            name, offered, claim, within: maxima, in: &book, now: at(now), unixMilliseconds: Int64(wallClock))
        switch verdict {
        case .refused(let reached): return reached.dimension == spent ? checkMoney() : "\(reached.dimension) refused"
        case .full(let dimension): return spent == nil && dimension == full ? checkMoney() : "\(dimension) is full"
        case .admitted(_, let taken):
            if spent != nil || full != nil { return "admitted, but \(spent as Any) or \(full as Any) is full" }
            if taken.day != plan.day { return "admitted on \(taken.day)" }
            model.reserve(name, plan, now: now)
            if takenOver == 0, model.exceeds(maxima, for: plan) { return "too many slots are taken" }
            return checkMoney()
        }
    }

    /// Unix milliseconds. Midnight comes while most schedules last.
    private var wallClock: Int { (Day(unixSeconds: 0).days(until: TestCalls.day) + 1) * 86_400_000 + now - 12_000_000 }

    private func checks(_ plan: CallPlan) -> [QuotaCheck] {
        limits.checks(caller: plan.caller, amount: plan.reserved)
    }

    private mutating func takeOver(_ name: CallName, _ plan: CallPlan) -> String? {
        let age = [-5, 0, 30, 59, 60, 1_800, 3_659, 3_660, 7_260, 90_000][pick(10)]
        takenOver += 1
        for _ in 0..<2 {
            book.restore(
                CallRecord(
                    restoring: name, plan: plan, upstreamID: "rtc_1", upstreamHost: "h", key: KeyPrint(ofKey: "k"),
                    age: age, now: at(now)), now: at(now))
        }
        model.reserve(name, plan, now: now)
        let longest = plan.type == .live ? 7_260 : 3_660
        model.open(model.calls.count - 1, at: now - min(max(age, 0), longest) * 1_000, now: now)
        counts.ledger.take(checks(plan), on: plan.day, today: plan.day)
        return checkTimes()
    }

    private mutating func undo(_ index: Int, isLost: Bool) -> String? {
        let expected = model.undo(index, isLost: isLost, now: now)
        guard let back = book.undo(model.calls[index].name, isLost: isLost, now: at(now)) else { return "not undone" }
        let plan = model.calls[index].plan
        counts.ledger.giveBack(Int(back.micros), to: checks(plan), on: plan.day)
        if Int(back.micros) != expected { return "\(back) came back instead of \(expected)" }
        if book.undo(model.calls[index].name, isLost: isLost, now: at(now)) != nil { return "undone twice" }
        return checkMoney()
    }

    private mutating func open(_ index: Int) -> String? {
        _ = book.open(
            model.calls[index].name, upstreamID: "rtc_1", upstreamHost: "h", key: KeyPrint(ofKey: "k"), now: at(now))
        model.open(index, at: now, now: now)
        return checkTimes()
    }

    private mutating func renew(_ index: Int) -> String? {
        let isOwn = pick(5) > 0
        let expected = model.renew(index, isOwn: isOwn, now: now)
        let renewal = book.renew(model.calls[index].name, isOwn ? TestCalls.ann : TestCalls.bob, now: at(now))
        return renewal == expected ? checkTimes() : "\(renewal) instead of \(expected)"
    }

    private mutating func end(_ index: Int) -> String? {
        let call = model.calls[index]
        let reason = CallEndReason.allCases[pick(CallEndReason.allCases.count)]
        switch book.end(call.name, reason, now: at(now)) {
        case .begun:
            if !call.isOpen { return "ended without being open" }
            model.end(index, reason, now: now)
        case .begunBefore:
            if call.ending == nil { return "ended before anybody did" }
        case .unknown:
            let isRemembered = call.ended.map { model.lastDone < $0.at + 600_000 } ?? (call.opened != nil)
            if isRemembered { return "unknown, but it was opened" }
        }
        return checkTimes()
    }

    private mutating func failed(_ index: Int) -> String? {
        book.failed(model.calls[index].name, now: at(now))
        model.failed(index, now: now)
        return checkTimes()
    }

    private mutating func over(_ index: Int) -> String? {
        let call = model.calls[index]
        let seconds = pick(3) == 0 ? pick(4_000) : nil
        let settlement = book.over(call.name, reportedSeconds: seconds, now: at(now))
        guard call.isEnding else { return settlement == nil ? nil : "settled without ending" }
        model.over(index, seconds: seconds, isConfirmed: true, now: now)
        guard let settlement, settlement.isConfirmed, settlement.reason == call.ending?.reason else {
            return "not settled"
        }
        return account(settlement)
    }

    private mutating func due() -> String? {
        let expected = model.due(now: now)
        let due = book.due(now: at(now))
        if due.count != expected.count { return "\(due.count) calls are due instead of \(expected.count)" }
        for next in due {
            let (name, reason, isGivenUp) =
                switch next {
                case .end(let record, let reason): (record.name, reason, false)
                case .settled(let settlement): (settlement.record.name, settlement.reason, !settlement.isConfirmed)
                }
            if !expected.contains(where: { $0.name == name && $0.reason == reason && $0.isGivenUp == isGivenUp }) {
                return "\(name) is due, \(reason), given up: \(isGivenUp)"
            }
            if case .settled(let settlement) = next, let difference = account(settlement) { return difference }
        }
        return checkMoney() ?? checkTimes()
    }

    private mutating func account(_ settlement: CallSettlement) -> String? {
        let plan = settlement.record.plan
        counts.ledger.giveBack(Int(settlement.givenBack.micros), to: checks(plan), on: plan.day)
        return settled.insert(settlement.record.name).inserted ? nil : "\(settlement.record.name) is settled twice"
    }

    private func checkMoney() -> String? {
        let callers: [String?] = ["ann", "bob", nil]
        for check in callers.flatMap({ limits.checks(caller: $0, amount: .zero) }) {
            for day in Set(model.calls.map(\.plan.day)) {
                let isCounted = { (plan: CallPlan) in check.dimension == .spendAll || plan.caller == check.identity }
                let expected = model.charged { $0.day == day && isCounted($0) }
                let amount = counts.ledger.used(check, on: day)
                if amount != expected { return "the amount of \(check) is \(amount) instead of \(expected)" }
            }
        }
        return nil
    }

    /// The timer never comes too late, and no open call is due after its deadline, which nothing moves.
    private func checkTimes() -> String? {
        if let next = model.nextDue {
            guard let timer = book.nextDue, timer <= at(max(0, next)) else { return "the timer is later than \(next)" }
        }
        let listing = book.listing(now: at(now))
        if listing.count != model.calls.count(where: { $0.isOpen || $0.isEnding }) { return "another number is listed" }
        for call in listing {
            guard let expected = model.calls.first(where: { $0.name == call.record.name }) else {
                return "unknown call"
            }
            if (call.reason == nil) != expected.isOpen { return "\(call.record.name) is in another state" }
            if call.secondsLeft != max(0, expected.deadline - now) / 1_000 { return "a deadline moved" }
            if expected.isOpen, call.untilDue != .milliseconds(expected.leaseEnd - now) { return "due at another time" }
        }
        return nil
    }
}

@Suite struct `The book against a list` {
    @Test(arguments: 0..<5)
    func `decides alike on 1,000 random schedules`(part: Int) {
        for seed in UInt64(part) * 1_000..<UInt64(part + 1) * 1_000 {
            var schedule = Schedule(seed: seed)
            if let difference = schedule.play(steps: 24) {
                Issue.record("schedule \(seed), \(difference)")
                return
            }
        }
    }
}

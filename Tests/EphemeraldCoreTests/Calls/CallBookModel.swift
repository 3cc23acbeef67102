import EphemeraldCore
import Sessions

/// The rules of calls, written as simply as possible and apart from the book: one list, searched from end to end. It
/// keeps what happened and when, in milliseconds, and derives everything else from that: no due times, no counts.
struct CallBookModel {
    struct Call {
        let name: CallName
        let plan: CallPlan
        var opened: Int?
        var lastSign = 0
        var lostAt: Int?
        var isUndone = false
        var ending: (reason: CallEndReason, attempt: Int?, retryAt: Int, failures: Int)?
        var ended: (at: Int, spent: Int)?

        var isLive: Bool { plan.type == .live }
        var isCreating: Bool { opened == nil && lostAt == nil && !isUndone }
        var isOpen: Bool { opened != nil && ending == nil && ended == nil }
        var isEnding: Bool { ending != nil && ended == nil }

        var deadline: Int { (opened ?? 0) + plan.maximumSeconds * 1_000 }
        var givenUp: Int { (opened ?? 0) + (isLive ? 7_260_000 : 3_660_000) }
        var leaseEnd: Int { plan.leaseSeconds == 0 ? deadline : min(deadline, lastSign + plan.leaseSeconds * 1_000) }

        /// Micro-units for so many seconds, rounded up.
        func cost(_ seconds: Int) -> Int {
            let price = Int(plan.price?.perMinute.micros ?? 0)
            return (price * seconds + 59) / 60
        }

        var reserved: Int { cost(plan.maximumSeconds + 30) }

        /// What the day's amount has of this call.
        var charged: Int {
            if isUndone { return 0 }
            if lostAt != nil { return isLive ? cost(15) : 0 }
            return ended?.spent ?? reserved
        }

        /// Whether it has its slots, if what was due was last done at that time.
        func hasSlots(lastDone: Int) -> Bool {
            if isUndone { return false }
            if let lostAt { return isLive && lastDone < lostAt + 15_000 }
            guard let ended, let opened else { return true }
            return isLive && ended.at < opened + 15_000 && lastDone < opened + 15_000
        }
    }

    private(set) var calls: [Call] = []
    private(set) var lastDone = Int.min

    var charged: Int { calls.reduce(0) { $0 + $1.charged } }

    func taken(_ isSame: (CallPlan) -> Bool) -> Int {
        calls.count { $0.hasSlots(lastDone: lastDone) && isSame($0.plan) }
    }

    func full(for plan: CallPlan, within maxima: CallMaxima) -> CallDimension? {
        if let most = maxima.caller, plan.caller != nil, taken({ $0.caller == plan.caller }) >= most { return .caller }
        if let most = maxima.client, plan.client != nil, taken({ $0.client == plan.client }) >= most { return .client }
        if let most = maxima.session, taken({ $0.session == plan.session }) >= most { return .session }
        if let most = maxima.all, taken({ _ in true }) >= most { return .all }
        return nil
    }

    mutating func reserve(_ name: CallName, _ plan: CallPlan) {
        calls.append(Call(name: name, plan: plan))
    }

    mutating func undo(_ index: Int, isLost: Bool, now: Int) -> Int {
        let before = calls[index].charged
        if isLost { calls[index].lostAt = now } else { calls[index].isUndone = true }
        return before - calls[index].charged
    }

    mutating func open(_ index: Int, at opened: Int, now: Int) {
        calls[index].opened = opened
        calls[index].lastSign = now
    }

    /// The reason if it ended or is ending; nil when it is renewed or unknown.
    mutating func renew(_ index: Int, isOwn: Bool, now: Int) -> CallRenewal {
        let call = calls[index]
        if !isOwn || call.opened == nil { return .unknown }
        if let ended = call.ended, lastDone >= ended.at + 600_000 { return .unknown }
        if let ending = call.ending { return .ended(ending.reason) }
        calls[index].lastSign = now
        return .renewed(secondsLeft: max(0, call.deadline - now) / 1_000, leaseSeconds: call.plan.leaseSeconds)
    }

    mutating func end(_ index: Int, _ reason: CallEndReason, now: Int) {
        calls[index].ending = (reason, now, 0, 0)
    }

    mutating func failed(_ index: Int, now: Int) {
        guard let ending = calls[index].ending, ending.attempt != nil else { return }
        let waits = [500, 1_000, 2_000, 4_000, 8_000, 16_000]
        let wait = ending.failures < waits.count ? waits[ending.failures] : 30_000
        calls[index].ending = (ending.reason, nil, now + wait, ending.failures + 1)
    }

    mutating func over(_ index: Int, seconds: Int?, isConfirmed: Bool, now: Int) {
        let call = calls[index]
        let clock = isConfirmed ? (now - (call.opened ?? 0) + 999) / 1_000 : (call.isLive ? 7_200 : 3_600)
        calls[index].ended = (now, call.cost(max(seconds ?? clock, call.isLive ? 15 : 0)))
    }

    /// Does what is due, and returns it: each call with its reason, and whether it was given up.
    mutating func due(now: Int) -> [(name: CallName, reason: CallEndReason, isGivenUp: Bool)] {
        var due: [(CallName, CallEndReason, Bool)] = []
        for index in calls.indices {
            let call = calls[index]
            if call.isOpen, now >= call.leaseEnd {
                let reason: CallEndReason = call.leaseEnd == call.deadline ? .deadline : .lease
                end(index, now >= call.givenUp ? .deadline : reason, now: now)
            } else if let ending = call.ending, call.ended == nil, now >= call.givenUp || ending.attempt == nil {
                if now < call.givenUp, now < ending.retryAt { continue }
                calls[index].ending?.attempt = now
            } else {
                continue
            }
            guard let reason = calls[index].ending?.reason else { continue }
            let isGivenUp = now >= call.givenUp
            if isGivenUp { over(index, seconds: nil, isConfirmed: false, now: now) }
            due.append((call.name, reason, isGivenUp))
        }
        lastDone = now
        return due
    }

    /// The earliest time at which something happens without anybody's doing; nil when nothing will.
    var nextDue: Int? {
        calls.compactMap { call -> Int? in
            if call.isUndone || call.isCreating { return nil }
            if let lostAt = call.lostAt { return call.hasSlots(lastDone: lastDone) ? lostAt + 15_000 : nil }
            if let ended = call.ended {
                if call.hasSlots(lastDone: lastDone) { return (call.opened ?? 0) + 15_000 }
                return lastDone < ended.at + 600_000 ? ended.at + 600_000 : nil
            }
            guard let ending = call.ending else { return call.leaseEnd }
            return ending.attempt == nil ? min(ending.retryAt, call.givenUp) : call.givenUp
        }.min()
    }
}

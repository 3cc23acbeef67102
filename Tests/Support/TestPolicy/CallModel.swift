package import EphemeraldCore
import Sessions

/// The rules of calls, written as simply as possible and apart from the book and the scripts: one list, searched from end
/// to end. It keeps what happened and when, in milliseconds, and derives everything else from that: no counts.
///
/// The book frees slots and forgets calls when what is due is done; Redis does so by its clock, and has several daemons.
package struct CallModel {
    package struct Ending {
        package let reason: CallEndReason
        /// When the attempt that is under way began.
        package var attempt: Int?
        package var retryAt = 0
        package var failures = 0
        /// The daemon that makes the attempt; nil for none.
        package var daemon: Int?
    }

    package struct Call {
        package let name: CallName
        package let plan: CallPlan
        let admitted: Int
        package var opened: Int?
        package var lastSign = 0
        package var lostAt: Int?
        package var isUndone = false
        package var ending: Ending?
        package var ended: (at: Int, spent: Int)?

        package var isLive: Bool { plan.type == .live }
        package var isCreating: Bool { opened == nil && lostAt == nil && !isUndone }
        package var isOpen: Bool { opened != nil && ending == nil && ended == nil }
        package var isEnding: Bool { ending != nil && ended == nil }

        package var deadline: Int { (opened ?? 0) + plan.maximumSeconds * 1_000 }
        package var givenUp: Int { (opened ?? 0) + (isLive ? 7_260_000 : 3_660_000) }
        package var leaseEnd: Int {
            plan.leaseSeconds == 0 ? deadline : min(deadline, lastSign + plan.leaseSeconds * 1_000)
        }

        /// When a daemon must act, by Redis: an attempt may take 30 seconds.
        package var due: Int {
            guard let ending else { return leaseEnd }
            return ending.attempt.map { $0 + 30_000 } ?? min(ending.retryAt, givenUp)
        }

        /// When Redis forgets it: ten minutes after the upstream's own end, or after its end if that came later.
        package var forgotten: Int { max(givenUp - 60_000, ended?.at ?? 0) + 600_000 }

        /// Micro-units for so many seconds, rounded up.
        func cost(_ seconds: Int) -> Int {
            let price = Int(plan.price?.perMinute.micros ?? 0)
            return (price * seconds + 59) / 60
        }

        package var reserved: Int { cost(plan.maximumSeconds + 30) }

        /// What the day's amount has of this call.
        var charged: Int {
            if isUndone { return 0 }
            if lostAt != nil { return isLive ? cost(15) : 0 }
            return ended?.spent ?? reserved
        }
    }

    package enum Claim: Equatable {
        case unknown
        case ended
        case wait(Int)
        case claimed(CallEndReason, isGivenUp: Bool)
    }

    /// How long Redis keeps the slots of a call that is being created: the upstream's time and a minute.
    package static let reservation = 90_000

    package private(set) var calls: [Call] = []
    package private(set) var lastDone = Int.min
    private let isShared: Bool

    package init(isShared: Bool) {
        self.isShared = isShared
    }

    /// The money of calls that the condition chooses.
    package func charged(_ isCounted: (CallPlan) -> Bool = { _ in true }) -> Int {
        calls.reduce(0) { isCounted($1.plan) ? $0 + $1.charged : $0 }
    }

    package func taken(_ isSame: (CallPlan) -> Bool) -> Int {
        calls.count { hasSlots($0) && isSame($0.plan) }
    }

    package func full(for plan: CallPlan, within maxima: CallMaxima) -> CallDimension? {
        if let most = maxima.caller, plan.caller != nil, taken({ $0.caller == plan.caller }) >= most { return .caller }
        if let most = maxima.client, plan.client != nil, taken({ $0.client == plan.client }) >= most { return .client }
        if let most = maxima.session, taken({ $0.session == plan.session }) >= most { return .session }
        if let most = maxima.all, taken({ _ in true }) >= most { return .all }
        return nil
    }

    /// The first amount that the worst case of a plan does not fit into, on its day.
    package func spent(for plan: CallPlan, within limits: SpendingLimits) -> String? {
        let reserved = Int(plan.reserved.micros)
        if let most = limits.caller, let caller = plan.caller,
            charged({ $0.day == plan.day && $0.caller == caller }) + reserved > most.micros
        {
            return "spend_caller"
        }
        if let most = limits.all, charged({ $0.day == plan.day }) + reserved > most.micros { return "spend_all" }
        return nil
    }

    /// Whether more slots are taken than there may be.
    package func exceeds(_ maxima: CallMaxima, for plan: CallPlan) -> Bool {
        taken { _ in true } > maxima.all ?? .max
            || plan.caller != nil && taken { $0.caller == plan.caller } > maxima.caller ?? .max
            || taken { $0.client == plan.client } > maxima.client ?? .max
            || taken { $0.session == plan.session } > maxima.session ?? .max
    }

    private func hasSlots(_ call: Call) -> Bool {
        if call.isUndone { return false }
        if let lostAt = call.lostAt { return call.isLive && lastDone < lostAt + 15_000 }
        guard let opened = call.opened else { return !hasLapsed(call) }
        guard let ended = call.ended else { return !isShared || lastDone < call.givenUp }
        return call.isLive && ended.at < opened + 15_000 && lastDone < opened + 15_000
    }

    /// Whether Redis has freed the slots of a call that is still being created.
    package func hasLapsed(_ call: Call) -> Bool {
        isShared && call.isCreating && lastDone >= call.admitted + CallModel.reservation
    }

    /// Whether Redis has forgotten a call that was opened, or the book one that has ended ten minutes ago.
    package func isForgotten(_ call: Call) -> Bool {
        if isShared { return call.opened != nil && lastDone >= call.forgotten }
        return call.ended.map { lastDone >= $0.at + 600_000 } ?? false
    }

    package mutating func reserve(_ name: CallName, _ plan: CallPlan, now: Int) {
        calls.append(Call(name: name, plan: plan, admitted: now))
    }

    package mutating func undo(_ index: Int, isLost: Bool, now: Int) -> Int {
        if hasLapsed(calls[index]) { return 0 }
        let before = calls[index].charged
        if isLost { calls[index].lostAt = now } else { calls[index].isUndone = true }
        return before - calls[index].charged
    }

    package mutating func open(_ index: Int, at opened: Int, now: Int) {
        calls[index].opened = opened
        calls[index].lastSign = now
    }

    package mutating func renew(_ index: Int, isOwn: Bool, now: Int) -> CallRenewal {
        let call = calls[index]
        if !isOwn || call.opened == nil { return .unknown }
        if isForgotten(call) { return .unknown }
        if let ending = call.ending { return .ended(ending.reason) }
        calls[index].lastSign = now
        return .renewed(secondsLeft: max(0, call.deadline - now) / 1_000, leaseSeconds: call.plan.leaseSeconds)
    }

    package mutating func end(_ index: Int, _ reason: CallEndReason, now: Int) {
        calls[index].ending = Ending(reason: reason, attempt: now)
    }

    package mutating func failed(_ index: Int, by daemon: Int? = nil, now: Int) {
        guard let ending = calls[index].ending, calls[index].ended == nil, ending.attempt != nil,
            ending.daemon == daemon
        else { return }
        let waits = [500, 1_000, 2_000, 4_000, 8_000, 16_000]
        let wait = ending.failures < waits.count ? waits[ending.failures] : 30_000
        calls[index].ending = Ending(
            reason: ending.reason, attempt: nil, retryAt: now + wait, failures: ending.failures + 1)
    }

    package mutating func over(_ index: Int, seconds: Int?, isConfirmed: Bool, now: Int) {
        let call = calls[index]
        let clock = isConfirmed ? (now - (call.opened ?? 0) + 999) / 1_000 : (call.isLive ? 7_200 : 3_600)
        calls[index].ended = (now, call.cost(max(seconds ?? clock, call.isLive ? 15 : 0)))
    }

    /// Does what is due in the book, and returns it: each call with its reason, and whether it was given up.
    package mutating func due(now: Int) -> [(name: CallName, reason: CallEndReason, isGivenUp: Bool)] {
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

    /// The earliest time at which something happens in the book without anybody's doing; nil when nothing will.
    package var nextDue: Int? {
        calls.compactMap { call -> Int? in
            if call.isUndone || call.isCreating { return nil }
            if let lostAt = call.lostAt { return hasSlots(call) ? lostAt + 15_000 : nil }
            if let ended = call.ended {
                if hasSlots(call) { return (call.opened ?? 0) + 15_000 }
                return lastDone < ended.at + 600_000 ? ended.at + 600_000 : nil
            }
            guard let ending = call.ending else { return call.leaseEnd }
            return ending.attempt == nil ? min(ending.retryAt, call.givenUp) : call.givenUp
        }.min()
    }
}

/// What only Redis does.
extension CallModel {
    /// Redis' clock goes on.
    package mutating func pass(to now: Int) {
        lastDone = now
    }

    /// The calls that Redis has and that have not ended.
    package var lasting: [Call] {
        calls.filter { ($0.isOpen || $0.isEnding) && !isForgotten($0) }
    }

    /// A daemon wants to end a call.
    package mutating func claim(_ index: Int, _ reason: CallEndReason?, by daemon: Int, now: Int) -> Claim {
        let call = calls[index]
        guard call.opened != nil, !isForgotten(call) else { return .unknown }
        if call.ended != nil { return .ended }
        let isAnothers = call.isEnding ? call.ending?.daemon != daemon : reason == nil
        if isAnothers, call.due > now { return .wait(call.due - now) }
        let itself: CallEndReason = call.leaseEnd == call.deadline || now >= call.givenUp ? .deadline : .lease
        let first = call.ending?.reason ?? reason ?? itself
        calls[index].ending = Ending(
            reason: first, attempt: now, failures: call.ending?.failures ?? 0, daemon: daemon)
        return .claimed(first, isGivenUp: now >= call.givenUp)
    }
}

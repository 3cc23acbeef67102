package import Sessions

/// The calls of this process: which are being created, open, ending and lately ended, how many slots they take, and when
/// each of them comes up. It has neither clock nor lock; its owner has both. Times are nanoseconds on a monotonic clock.
///
/// The book decides, and its owner acts outside the lock. For every call that it returns to be ended, the owner reports
/// ``failed(_:now:)`` or ``over(_:reportedSeconds:now:)``. Slots and money of a call come back exactly once.
package struct CallBook: Sendable {
    /// How long the book remembers why a call ended, for a client that comes too late.
    private static let memory = 600.nanoseconds

    private var calls: [CallName: CallEntry] = [:]
    private var slots = CallSlots()
    private var times = DueTimes()

    /// A book without calls.
    package init() {}

    /// When ``due(now:)`` is to be called next; nil when nothing will be due. It may be too early, because a
    /// renewed call keeps its old time here, but it is never too late.
    package var nextDue: UInt64? { times.first.map { UInt64(max(0, $0.time)) } }

    /// The first dimension that has no free slot for a call of this plan; nil when all of them have one. Nothing is taken.
    package func full(for plan: CallPlan, within maxima: CallMaxima) -> CallDimension? {
        slots.full(for: plan, maxima)
    }

    /// Takes a slot in every dimension, or none.
    /// - Returns: the first dimension that has no free slot; nil when the call is now being created.
    package mutating func reserve(_ name: CallName, _ plan: CallPlan, within maxima: CallMaxima) -> CallDimension? {
        precondition(calls[name] == nil, "the names of calls are random and do not repeat")
        if let full = slots.full(for: plan, maxima) { return full }
        slots.take(plan)
        calls[name] = CallEntry(state: .creating(plan))
        return nil
    }

    /// Forgets a call that was not created.
    /// - Parameter isLost: whether the upstream may have created it. Nobody can connect to it, but if it is of the type
    ///   live it is billed, so its slot stays taken for as long as the creation pays for.
    /// - Returns: the money to give back; nil when the call is not being created.
    package mutating func undo(_ name: CallName, isLost: Bool, now: UInt64) -> Money? {
        guard case .creating(let plan) = calls[name]?.state else { return nil }
        guard isLost, plan.type.creationSeconds > 0 else {
            slots.giveBack(plan)
            calls[name] = nil
            return plan.reserved
        }
        calls[name]?.state = .lost(plan)
        schedule(name, at: Int64(now) + plan.type.creationSeconds.nanoseconds)
        return plan.reserved - plan.costOfLoss
    }

    /// The upstream has created the call: its time and its lease begin.
    package mutating func open(
        _ name: CallName, upstreamID: String, upstreamHost: String, key: KeyPrint, now: UInt64
    ) -> CallRecord {
        guard case .creating(let plan) = calls[name]?.state else {
            preconditionFailure("only a call that is being created is opened, and only once")
        }
        let record = CallRecord(
            name: name, plan: plan, upstreamID: upstreamID, upstreamHost: upstreamHost, key: key, openedAt: now)
        calls[name]?.state = .open(record)
        schedule(name, at: record.due(after: Int64(now)))
        return record
    }

    /// Takes over a call of an earlier process: with a whole lease, or due at once when it is overdue or was ending. A call
    /// that is in the book already is left as it is. Its slots are taken even where that exceeds a maximum.
    /// - Parameter reason: why the earlier process had begun to end it; nil when it had not.
    package mutating func restore(_ record: CallRecord, ending reason: CallEndReason? = nil, now: UInt64) {
        guard calls[record.name] == nil else { return }
        slots.take(record.plan)
        calls[record.name] = CallEntry(restoring: record, ending: reason, now: Int64(now))
        schedule(record.name, at: reason == nil ? record.due(after: Int64(now)) : Int64(now))
    }

    /// A sign of life: the call is due again after a lease, but never after its deadline.
    /// - Parameter binding: of the request. With another one the call is unknown, also when it has ended.
    package mutating func renew(_ name: CallName, _ binding: CallBinding, now: UInt64) -> CallRenewal {
        let now = Int64(now)
        switch calls[name]?.state {
        case .open(let record) where record.plan.binding == binding:
            schedule(name, at: record.due(after: now))
            let left = Int(max(0, record.deadline - now) / 1_000_000_000)
            return .renewed(secondsLeft: left, leaseSeconds: record.plan.leaseSeconds)
        case .ending(let record, let ending) where record.plan.binding == binding: return .ended(ending.reason)
        case .ended(let reason, binding, _, _): return .ended(reason)
        default: return .unknown
        }
    }

    /// Begins to end an open call. The first reason stays.
    package mutating func end(_ name: CallName, _ reason: CallEndReason, now: UInt64) -> CallEnding {
        switch calls[name]?.state {
        case .open(let record):
            beginEnding(record, reason, now: Int64(now))
            return .begun(record)
        case .ending(let record, var ending):
            ending.order = ending.order ?? reason
            calls[name]?.state = .ending(record, ending)
            return .begunBefore
        case .ended: return .begunBefore
        case .creating, .lost, nil: return .unknown
        }
    }

    /// Nothing is to be done for so long about a call that has come up: another process says so. It is open again, unless
    /// an attempt to end it has failed.
    /// - Returns: the reason for which it is to be ended all the same.
    package mutating func postpone(_ name: CallName, by pause: Duration, now: UInt64) -> CallEndReason? {
        guard case .ending(let record, var ending) = calls[name]?.state, ending.isUnderWay else { return nil }
        let now = Int64(now)
        if let order = ending.order, ending.failures == 0 {
            beginEnding(record, order, now: now)
            return order
        }
        ending.isUnderWay = false
        let isOpen = ending.failures == 0
        calls[name]?.state = isOpen ? .open(record) : .ending(record, ending)
        let latest = isOpen && record.deadline > now ? record.deadline : record.givenUp
        schedule(name, at: min(latest, now + Int64(pause.nanoseconds)))
        return nil
    }

    /// Another process has ended the call and settled it.
    /// - Returns: false if this one has done so too, or never had it.
    @discardableResult package mutating func forget(_ name: CallName) -> Bool {
        switch calls[name]?.state {
        case .open(let record), .ending(let record, _): slots.giveBack(record.plan)
        default: return false
        }
        calls[name] = nil
        return true
    }

    /// The upstream refused to end the call, could not be reached, or did not say clearly that it is over. It is due
    /// again after half a second, and after twice as long each time, up to 30 seconds.
    /// - Returns: why the call is ending, if this was the first attempt; nil after that.
    @discardableResult package mutating func failed(_ name: CallName, now: UInt64) -> CallEndReason? {
        guard case .ending(let record, var ending) = calls[name]?.state, ending.isUnderWay else { return nil }
        let wait = min(30.nanoseconds, 500_000_000 << min(ending.failures, 6))
        ending.failures += 1
        ending.isUnderWay = false
        calls[name]?.state = .ending(record, ending)
        schedule(name, at: min(record.givenUp, Int64(now) + wait))
        return ending.failures == 1 ? ending.reason : nil
    }

    /// The upstream has confirmed that an ending call is over.
    /// - Parameters:
    ///   - reason: why, if another process had begun to end it.
    ///   - reportedSeconds: how long it lasted, if the upstream reported it.
    /// - Returns: its account, for the usage log and for the money; nil when it was settled before.
    package mutating func over(
        _ name: CallName, _ reason: CallEndReason? = nil, reportedSeconds: Int? = nil, now: UInt64
    ) -> CallSettlement? {
        guard case .ending(let record, let ending) = calls[name]?.state else { return nil }
        return settle(record, reason ?? ending.reason, isConfirmed: true, reported: reportedSeconds, now: Int64(now))
    }

    /// What has to be done now. Slots that were kept and calls that are forgotten are dealt with here too, so a slot is
    /// free once its time has come and this was called.
    package mutating func due(now: UInt64) -> [DueCall] {
        let now = Int64(now)
        var result: [DueCall] = []
        while let first = times.first, first.time <= now {
            guard let call = calls[first.name], call.queued == first.time else {
                times.removeFirst()
                continue
            }
            guard call.due <= now else {
                calls[first.name]?.queued = call.due
                times.replaceFirst(with: DueTimes.Entry(time: call.due, name: first.name))
                continue
            }
            times.removeFirst()
            calls[first.name]?.queued = .max
            if let next = comesUp(first.name, call, now: now) { result.append(next) }
        }
        return result
    }

    /// The calls that are open or ending, in no order.
    package func listing(now: UInt64) -> [CallListing] {
        calls.values.compactMap { $0.listing(now: Int64(now)) }
    }

    private mutating func comesUp(_ name: CallName, _ call: CallEntry, now: Int64) -> DueCall? {
        switch call.state {
        case .creating: return nil
        case .lost(let plan):
            slots.giveBack(plan)
            calls[name] = nil
        case .open(let record):
            if record.givenUp <= now { return .settled(giveUp(record, .deadline, now: now)) }
            let reason: CallEndReason = call.due >= record.deadline ? .deadline : .lease
            beginEnding(record, reason, now: now)
            return .end(record, reason)
        case .ending(let record, var ending):
            if record.givenUp <= now { return .settled(giveUp(record, ending.reason, now: now)) }
            ending.isUnderWay = true
            calls[name]?.state = .ending(record, ending)
            schedule(name, at: record.givenUp)
            return .end(record, ending.reason)
        case .ended(let reason, let binding, let forgottenAt, .some(let record)):
            slots.giveBack(record.plan)
            calls[name]?.state = .ended(reason, binding, forgottenAt: forgottenAt, slotOf: nil)
            schedule(name, at: forgottenAt)
        case .ended(_, _, _, nil): calls[name] = nil
        }
        return nil
    }

    private mutating func beginEnding(_ record: CallRecord, _ reason: CallEndReason, now: Int64) {
        calls[record.name]?.state = .ending(record, CallEntry.Ending(reason: reason, began: now))
        schedule(record.name, at: record.givenUp)
    }

    private mutating func giveUp(_ record: CallRecord, _ reason: CallEndReason, now: Int64) -> CallSettlement {
        settle(record, reason, isConfirmed: false, reported: nil, now: now)
    }

    private mutating func settle(
        _ record: CallRecord, _ reason: CallEndReason, isConfirmed: Bool, reported: Int?, now: Int64
    ) -> CallSettlement {
        let forgottenAt = now + CallBook.memory
        let keepsSlot = record.paidUntil > now
        if !keepsSlot { slots.giveBack(record.plan) }
        calls[record.name]?.state = .ended(
            reason, record.plan.binding, forgottenAt: forgottenAt, slotOf: keepsSlot ? record : nil)
        schedule(record.name, at: keepsSlot ? record.paidUntil : forgottenAt)
        return CallSettlement(record, reason, isConfirmed: isConfirmed, reported: reported, now: now)
    }

    private mutating func schedule(_ name: CallName, at time: Int64) {
        calls[name]?.due = time
        guard let call = calls[name], time < call.queued else { return }
        calls[name]?.queued = time
        times.insert(DueTimes.Entry(time: time, name: name))
        // Entries that will be ignored are dropped when they are the greater part: memory grows with the calls only.
        guard times.count > 2 * calls.count + 64 else { return }
        let calls = calls
        times.keep { calls[$0.name]?.queued == $0.time }
    }
}

/// A call in the book: its state, and when it comes up. Times are nanoseconds on a monotonic clock.
struct CallEntry: Sendable {
    enum State: Sendable {
        /// Admitted; the upstream has not answered. Its task ends the state, so nothing is due.
        indirect case creating(CallPlan)
        /// The upstream's answer was lost. The slot is kept until the call is due.
        indirect case lost(CallPlan)
        /// Due when its lease or its time is over.
        case open(CallRecord)
        /// Due when the next attempt is to be made; while one is under way, when the upstream has ended the call itself.
        case ending(CallRecord, Ending)
        /// Due when its slot is free, if it still has one, and then when it is forgotten.
        case ended(CallEndReason, CallBinding, forgottenAt: Int64, slotOf: CallRecord?)
    }

    struct Ending: Sendable {
        let reason: CallEndReason
        let began: Int64
        var failures = 0
        var isUnderWay = true
        /// Why the call is to be ended in any case, if that was decided while it was ending.
        var order: CallEndReason?
    }

    var state: State
    var due = Int64.max
    /// The time of its entry among the due times, which is not later than `due`.
    var queued = Int64.max

    init(state: State) {
        self.state = state
    }

    /// A call of an earlier process, which is open or was ending for that reason. No attempt to end it is under way.
    init(restoring record: CallRecord, ending reason: CallEndReason?, now: Int64) {
        let ending = reason.map { Ending(reason: $0, began: now, isUnderWay: false) }
        self.init(state: ending.map { .ending(record, $0) } ?? .open(record))
    }

    /// What an operator sees of it; nil while it is neither open nor ending.
    func listing(now: Int64) -> CallListing? {
        switch state {
        case .open(let record): CallListing(record, due: due, now: now)
        case .ending(let record, let ending):
            CallListing(record, due: due, ending: (ending.reason, ending.began, ending.failures), now: now)
        case .creating, .lost, .ended: nil
        }
    }
}

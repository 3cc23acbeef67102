/// The answer to a sign of life.
package enum CallRenewal: Hashable, Sendable {
    /// The call lives on.
    /// - Parameters:
    ///   - secondsLeft: until its deadline, rounded down.
    ///   - leaseSeconds: how long it lives without another sign of life; 0 for as long as it may last.
    case renewed(secondsLeft: Int, leaseSeconds: Int)
    /// It has ended or is ending.
    case ended(CallEndReason)
    /// There is no such call, or it belongs to another caller or origin.
    case unknown
}

/// The answer to a request to end a call.
package enum CallEnding: Sendable {
    /// The call is ending now; the receiver of this answer ends it at the upstream.
    case begun(CallRecord)
    /// It is already ending, or it has ended.
    case begunBefore
    /// There is no open call of that name.
    case unknown
}

/// What has to be done about a call that has come up.
package enum DueCall: Sendable {
    /// End it at the upstream now.
    case end(CallRecord, CallEndReason)
    /// It is over, unconfirmed: its account is to be written and its money given back.
    case settled(CallSettlement)
}

/// A call that is open or ending, as an operator sees it.
package struct CallListing: Sendable {
    /// The call.
    package let record: CallRecord
    /// Since the upstream created it.
    package let age: Duration
    /// Until its deadline, rounded down; 0 when that has passed.
    package let secondsLeft: Int
    /// Until it has to be renewed or is ended (again); negative when that is overdue.
    package let untilDue: Duration
    /// Why it is ending; nil while it is open.
    package let reason: CallEndReason?
    /// How long it has been ending; zero while it is open.
    package let endingFor: Duration
    /// How often the upstream did not end it.
    package let failures: Int

    init(
        _ record: CallRecord, due: Int64, ending: (reason: CallEndReason, began: Int64, failures: Int)? = nil,
        now: Int64
    ) {
        self.record = record
        age = .nanoseconds(now - record.opened)
        secondsLeft = Int(max(0, record.deadline - now) / 1_000_000_000)
        untilDue = .nanoseconds(due - now)
        reason = ending?.reason
        endingFor = .nanoseconds(ending.map { now - $0.began } ?? 0)
        failures = ending?.failures ?? 0
    }
}

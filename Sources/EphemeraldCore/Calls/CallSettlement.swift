package import Sessions

/// Why a call ended, for the usage log and for a client that comes too late.
package enum CallEndReason: String, Hashable, Sendable, CaseIterable {
    /// Its record could not be written, so its creator did not get the answer.
    case unrecorded
    /// The answer was not handed over to its creator.
    case unanswered
    /// A client that has its id ended it.
    case client
    /// There was no sign of life for as long as its lease.
    case lease
    /// It lasted as long as it may.
    case deadline
    /// The operator ended it.
    case byOperator = "operator"
    /// The service ended, and nothing takes over its calls.
    case exit
}

/// The account of a call that is over: how long it lasted, what it cost, and what comes back.
package struct CallSettlement: Sendable {
    /// Who measured how long a call lasted.
    package enum Source: String, Hashable, Sendable {
        /// The upstream reported it.
        case upstream
        /// From its answer to the confirmed end, by our clock; unconfirmed, to the upstream's own end.
        case clock
    }

    /// The call.
    package let record: CallRecord
    /// Why it ended: the first reason.
    package let reason: CallEndReason
    /// Whether the upstream said that it is over. Else its own end is assumed.
    package let isConfirmed: Bool
    /// How long it lasted, rounded up.
    package let seconds: Int
    /// Who measured the seconds.
    package let secondsBy: Source

    /// - Parameters:
    ///   - isConfirmed: false when the upstream's own end has passed without an answer.
    ///   - reported: the seconds that the upstream reported.
    ///   - now: nanoseconds on the monotonic clock that the record has its time from.
    package init(_ record: CallRecord, _ reason: CallEndReason, isConfirmed: Bool, reported: Int?, now: Int64) {
        self.record = record
        self.reason = reason
        self.isConfirmed = isConfirmed
        secondsBy = reported == nil ? .clock : .upstream
        let measured =
            if let reported {
                reported
            } else if isConfirmed {
                Int((now - record.opened + 999_999_999) / 1_000_000_000)
            } else {
                record.plan.type.upstreamSeconds
            }
        seconds = min(max(measured, 0), CallSettlement.longest)
    }

    /// The most seconds that are believed, a day: a wrong report must not overflow an amount.
    private static let longest = 86_400

    /// What the call cost: its seconds, and at least what its creation is billed with.
    package var spent: Money {
        record.plan.price?.cost(ofSeconds: max(seconds, record.plan.type.creationSeconds)) ?? .zero
    }

    /// What comes back to the allowance of the day of its admission. It is negative when the call cost more than was
    /// reserved: the upstream could not be reached, and the rest is added to that day.
    package var givenBack: Money { record.plan.reserved - spent }
}

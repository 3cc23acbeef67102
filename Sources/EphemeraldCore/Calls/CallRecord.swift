package import Sessions

/// The kinds of session that this service creates for browsers.
package enum CallType: String, Hashable, Sendable, CaseIterable {
    /// OpenAI's Realtime API.
    case realtime
    /// OpenAI's Live API.
    case live

    /// When the upstream itself ends a call, in seconds from its creation.
    package var upstreamSeconds: Int {
        switch self {
        case .realtime: 3_600
        case .live: 7_200
        }
    }

    /// The seconds that the upstream bills for the creation, even if nobody ever connects.
    package var creationSeconds: Int {
        switch self {
        case .realtime: 0
        case .live: 15
        }
    }
}

/// What is fixed when a call is admitted: whose it is, how long it may last and what it may cost. A reload does not
/// change it.
package struct CallPlan: Hashable, Sendable {
    /// The kind of session.
    package var type: CallType
    /// The name of the session, as in its file.
    package var session: String
    /// The model of the session; nil when its file names none.
    package var model: String?
    /// The caller's name; nil where callers are not identified.
    package var caller: String?
    /// The client's address, as limits count it (`ClientAddress.limitKey`); nil when it is not known, after a restart.
    package var client: UInt128?
    /// Who may prolong the call.
    package var binding: CallBinding
    /// How long the call may last, in seconds, from the upstream's answer on.
    package var maximumSeconds: Int
    /// How long the call lives without a sign of life, in seconds; 0 for as long as it may last.
    package var leaseSeconds: Int
    /// Nil where nobody counts money.
    package var price: Price?
    /// What was taken from the day's allowance when the call was admitted.
    package var reserved: Money
    /// The quotas of money that it was taken from: those of the settings in force at its admission.
    package let spending: [QuotaCheck]
    /// The UTC day of its admission, to which all its money belongs.
    package var day: Day
    /// The id of the request that created the call.
    package var requestID: String

    /// The leases that there are, in seconds.
    static let leaseRange = 0...300

    /// The worst case is reserved, where there is a price.
    package init(
        type: CallType, session: String, model: String? = nil, caller: String?, client: UInt128?,
        binding: CallBinding, maximumSeconds: Int, leaseSeconds: Int, price: Price? = nil,
        spending: SpendingLimits = SpendingLimits(), day: Day, requestID: String
    ) {
        self.type = type
        self.session = session
        self.model = model
        self.caller = caller
        self.client = client
        self.binding = binding
        self.maximumSeconds = maximumSeconds
        self.leaseSeconds = leaseSeconds
        self.price = price
        let worstCase = price?.worstCase(ofSeconds: maximumSeconds) ?? .zero
        reserved = worstCase
        self.spending = spending.checks(caller: caller, amount: worstCase)
        self.day = day
        self.requestID = requestID
    }
}

extension CallPlan {
    /// What it costs if its creation was lost: what the upstream bills for that.
    var costOfLoss: Money { price?.cost(ofSeconds: type.creationSeconds) ?? .zero }
}

/// A call that the upstream has created: its plan, and what is needed to end it. It is a class, so that the book and
/// the tasks that act on the call share one copy. Nothing in it changes.
package final class CallRecord: Sendable {
    /// The call's name.
    package let name: CallName
    /// What was fixed when it was admitted.
    package let plan: CallPlan
    /// The upstream's id of the call.
    package let upstreamID: String
    /// The upstream that has the call: its host, and its port unless it is that of the scheme.
    package let upstreamHost: String
    /// Which key created the call.
    package let key: KeyPrint
    /// When the upstream's answer came, in nanoseconds on the monotonic clock. After a restart it may be negative: the
    /// clock begins with the machine.
    let opened: Int64

    /// - Parameter now: nanoseconds on a monotonic clock, when the upstream's answer came.
    package init(
        name: CallName, plan: CallPlan, upstreamID: String, upstreamHost: String, key: KeyPrint, openedAt now: UInt64
    ) {
        self.name = name
        self.plan = plan
        self.upstreamID = upstreamID
        self.upstreamHost = upstreamHost
        self.key = key
        opened = Int64(now)
    }

    /// A call of an earlier process, as the journal has it.
    /// - Parameters:
    ///   - age: seconds since it was opened, by the wall clock, which may have been set. An age below 0 counts as 0, and
    ///     one beyond the upstream's own end as that end.
    ///   - now: nanoseconds on a monotonic clock.
    package init(
        restoring name: CallName, plan: CallPlan, upstreamID: String, upstreamHost: String, key: KeyPrint, age: Int,
        now: UInt64
    ) {
        self.name = name
        self.plan = plan
        self.upstreamID = upstreamID
        self.upstreamHost = upstreamHost
        self.key = key
        let longest = plan.type.upstreamSeconds + CallRecord.graceSeconds
        opened = Int64(now) - min(max(age, 0), longest).nanoseconds
    }

    /// A call of any process, as Redis has it.
    /// - Parameters:
    ///   - age: nanoseconds since the upstream's answer came, by Redis' clock.
    ///   - now: nanoseconds on the monotonic clock of this process.
    init(
        name: CallName, plan: CallPlan, upstreamID: String, upstreamHost: String, key: KeyPrint, openedAgo age: Int64,
        now: UInt64
    ) {
        self.name = name
        self.plan = plan
        self.upstreamID = upstreamID
        self.upstreamHost = upstreamHost
        self.key = key
        opened = Int64(now) - age
    }

    /// What ``upstreamHost`` is of a server.
    static func server(_ host: String, port: Int?) -> String { port.map { "\(host):\($0)" } ?? host }

    /// How long after the upstream's own end a call that could not be ended is given up, in seconds.
    static let graceSeconds = 60

    /// When the call has to end.
    var deadline: Int64 { opened + plan.maximumSeconds.nanoseconds }

    /// When the upstream has ended the call itself, whatever it answers.
    var givenUp: Int64 { opened + (plan.type.upstreamSeconds + CallRecord.graceSeconds).nanoseconds }

    /// Until when the creation keeps its slot, however early the call ends: it costs as much as these seconds.
    var paidUntil: Int64 { opened + plan.type.creationSeconds.nanoseconds }

    /// When the call comes up next if there is no sign of life after now.
    func due(after now: Int64) -> Int64 {
        plan.leaseSeconds == 0 ? deadline : min(deadline, now + plan.leaseSeconds.nanoseconds)
    }
}

extension Int {
    /// So many seconds in nanoseconds.
    var nanoseconds: Int64 { Int64(self) * 1_000_000_000 }
}

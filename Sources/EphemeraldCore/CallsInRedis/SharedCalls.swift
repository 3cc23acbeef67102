import Sessions

/// The calls that several daemons keep in one Redis: the steps of ``CallScripts``, with typed results.
///
/// Every step throws while Redis is away. What is then done is up to the receiver: a call that cannot be admitted or
/// opened is not created, and a daemon ends its own calls at their deadline without Redis.
package struct SharedCalls: Sendable {
    /// Runs a script with keys and arguments.
    ///
    /// The duration is how long it may take; nil as long as the client waits for any command.
    package typealias Run =
        @Sendable (RedisScript, [String], [String], Duration?) async throws(RedisCountsFailure) -> [RedisValue]
    /// Runs a script with keys and arguments, and does not wait for it.
    package typealias Post = @Sendable (RedisScript, [String], [String]) -> Void

    /// How long a step may take that a call's end or its record depends on.
    private static let patience = Duration.seconds(1)

    private let daemon: String
    private let reservation: Int
    private let clock: @Sendable () -> Int64?
    private let run: Run
    private let post: Post

    /// Uses a connection to Redis that it does not own.
    /// - Parameters:
    ///   - daemon: a name that no other process has.
    ///   - creation: how long the upstream may take to create a call. A minute later its slots are free, if nothing more
    ///     is heard of it.
    ///   - clock: milliseconds since 1970 instead of Redis' own clock, for tests.
    package init(
        daemon: String, creation: Duration, clock: @escaping @Sendable () -> Int64? = { nil }, run: @escaping Run,
        post: @escaping Post
    ) {
        self.daemon = daemon
        reservation = Int(creation / .milliseconds(1)) + 60_000
        self.clock = clock
        self.run = run
        self.post = post
    }

    /// Counts a request for a call under limits and quotas, and takes its slots: all of them or none.
    /// - Parameter claim: its quotas of money have the worst case as their amount.
    package func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima
    ) async throws(RedisCountsFailure) -> CallAdmission {
        let limits = (0..<claim.limits.count).compactMap { claim.limits[$0] }
        let dimensions = CallDimension.allCases.filter { CallScripts.key(ofSlot: $0, plan) != nil }
        let slots = (
            keys: SharedCall.slots(of: plan),
            arguments: dimensions.map { dimension in maxima[dimension].map { "\($0)" } ?? "" }
                + ["\(name)", "\(reservation)", "\(dimensions.count)"]
        )
        let time = clock().map { UInt64($0) * 1_000_000 }
        let (keys, arguments) = RedisCounts.request(limits, claim.quotas, at: time, slots: slots)
        do throws(RedisCountsFailure) {
            let reply = try await run(AdmissionScript.admit, keys, arguments, nil)
            guard let verdict = AdmissionReply(reply.compactMap(\.integer)) else { throw .wrongReply }
            if let full = verdict.fullSlot, dimensions.indices.contains(full) { return .full(dimensions[full]) }
            switch verdict.verdict(limits, claim.quotas) {
            case .admitted(let closest, let taken): return .admitted(closest: closest, taken: taken)
            case .refused(let reached): return .refused(reached)
            case .unavailable, nil: throw .wrongReply
            }
        } catch {
            // It may have been admitted all the same.
            undo(name, plan, claim.quotas, isLost: false)
            throw error
        }
    }

    /// Takes an admission back: the call was not created, or its answer was lost.
    /// - Parameters:
    ///   - taken: the quotas of its admission.
    ///   - isLost: whether the upstream may have created it. What the creation is billed with does not come back.
    package func undo(_ name: CallName, _ plan: CallPlan, _ taken: [QuotaCheck], isLost: Bool) {
        let slots = SharedCall.slots(of: plan)
        let paidSeconds = isLost ? plan.type.creationSeconds : 0
        let paid = isLost ? Int(plan.costOfLoss.micros) : 0
        let amounts = taken.map { "\($0.dimension.isMoney ? $0.amount - paid : $0.amount)" }
        post(
            CallScripts.undo, CallScripts.keys(of: name) + slots + taken.map(AdmissionScript.key(of:)),
            [time, "\(name)", "\(slots.count)", "\(paidSeconds * 1_000)", "\(reservation)"] + amounts)
    }

    /// The upstream has created the call. Its answer may leave once this has returned true; else the call is to be ended.
    /// - Parameter now: nanoseconds on the monotonic clock that the record has its time from.
    package func open(_ call: SharedCall, now: UInt64) async throws(RedisCountsFailure) -> Bool {
        let (plan, age) = (call.record.plan, max(0, Int64(now) - call.record.opened) / 1_000_000)
        let times = [
            "\(age)", "\(plan.maximumSeconds * 1_000)", "\(plan.leaseSeconds * 1_000)",
            "\(plan.type.upstreamSeconds * 1_000)",
        ]
        let reply = try await run(
            CallScripts.open, CallScripts.keys(of: call.record.name) + call.slots,
            [time, "\(call.record.name)", "\(call.slots.count)"] + times + call.values, SharedCalls.patience)
        return reply == [.integer(1)]
    }

    /// A sign of life: the call is due again after a lease, but never after its deadline.
    /// - Parameter binding: of the request. With another one the call is unknown, also when it has ended.
    package func renew(_ name: CallName, _ binding: CallBinding) async throws(RedisCountsFailure) -> CallRenewal {
        let reply = try await run(CallScripts.renew, CallScripts.keys(of: name), [time, "\(name)", "\(binding)"], nil)
        switch (reply.first?.integer, reply.count) {
        case (0, 1): return .unknown
        case (1, 2):
            guard let reason = reply[1].text.flatMap(CallEndReason.init(rawValue:)) else { throw .wrongReply }
            return .ended(reason)
        case (2, 3):
            guard let left = reply[1].integer, let lease = reply[2].integer else { throw .wrongReply }
            return .renewed(secondsLeft: Int(max(0, left) / 1_000), leaseSeconds: Int(lease / 1_000))
        default: throw .wrongReply
        }
    }

    /// Wants to end a call.
    /// - Parameters:
    ///   - reason: nil for a call that has come up: its lease or its time is over, or an attempt is to be repeated.
    ///   - now: nanoseconds on the monotonic clock of this process.
    package func claim(
        _ name: CallName, _ reason: CallEndReason?, now: UInt64
    ) async throws(RedisCountsFailure) -> CallClaim {
        let reply = try await run(
            CallScripts.claim, CallScripts.keys(of: name), [time, "\(name)", daemon, reason?.rawValue ?? ""],
            SharedCalls.patience)
        switch (reply.first?.integer, reply.count) {
        case (0, 1): return .unknown
        case (3, 1): return .ended
        case (1, 2):
            guard let wait = reply[1].integer else { throw .wrongReply }
            return .wait(.milliseconds(wait))
        case (2, 3...):
            guard let age = reply[1].integer,
                let first = reply[2].text.flatMap(CallEndReason.init(rawValue:)),
                let call = SharedCall(name, values: Array(reply[2...]), age: age, now: now)
            else { throw .wrongReply }
            return .claimed(call, first, isGivenUp: call.record.givenUp <= Int64(now))
        default: throw .wrongReply
        }
    }

    /// The upstream did not end a call that this daemon has claimed. It is due again after half a second, and after twice
    /// as long each time, up to 30 seconds.
    package func failed(_ name: CallName) {
        post(CallScripts.failed, CallScripts.keys(of: name), [time, "\(name)", daemon])
    }

    /// The call is over: its slots and the rest of its money come back.
    /// - Parameter now: nanoseconds on the monotonic clock of this process.
    package func end(
        _ call: SharedCall, _ settlement: CallSettlement, now: UInt64
    ) async throws(RedisCountsFailure) -> SharedSettlement {
        let record = call.record
        let kept = max(0, record.paidUntil - Int64(now) + 999_999) / 1_000_000
        let reply = try await run(
            CallScripts.end, call.keys,
            [
                time, "\(record.name)", "\(call.slots.count)", "\(kept)", "\(call.day.number)",
                "\(settlement.givenBack.micros)", settlement.reason.rawValue, "\(record.plan.binding)", daemon,
            ], SharedCalls.patience)
        switch reply {
        case [.integer(0)]: return .settledBefore
        case [.integer(1)]: return .settled(settlement)
        case [.integer(2)]: return .forgotten(settlement)
        default: throw .wrongReply
        }
    }

    /// Calls of any daemon that are due, the earliest first, 64 at most.
    /// - Parameter count: how many are passed over.
    /// - Returns: their names, and how many more have none that can be read.
    package func overdue(
        after count: Int = 0
    ) async throws(RedisCountsFailure) -> (names: [CallName], unreadable: Int) {
        let found = try await run(CallScripts.overdue, [CallScripts.due], [time, "\(count)"], nil)
        let names = found.compactMap { $0.text.flatMap { CallName($0) } }
        return (names, found.count - names.count)
    }

    /// The calls of all daemons, together.
    package var all: SharedCallList { SharedCallList(daemon: daemon, time: time, run: run) }

    /// The first argument of a script.
    private var time: String { clock().map { "\($0)" } ?? "" }
}

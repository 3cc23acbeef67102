import Sessions

/// A call as Redis has it: its record, and the keys under which its slots and its money are counted.
package struct SharedCall: Sendable {
    /// The call.
    package let record: CallRecord
    /// The keys of its slots, one for each dimension that the call counts in.
    let slots: [String]
    /// The keys of the quotas that its money was taken from.
    let money: [String]
    /// The day of its admission, by Redis' clock.
    let day: Day

    /// A call that the upstream has created for this daemon.
    /// - Parameter taken: what its admission took.
    package init(_ record: CallRecord, taken: QuotaReceipt) {
        self.record = record
        slots = SharedCall.slots(of: record.plan)
        money = taken.checks.filter(\.dimension.isMoney).map(AdmissionScript.key(of:))
        day = taken.day
    }

    static func slots(of plan: CallPlan) -> [String] {
        CallDimension.allCases.compactMap { CallScripts.key(ofSlot: $0, plan) }
    }

    /// The keys of a script that frees the slots and gives money back.
    var keys: [String] { CallScripts.keys(of: record.name) + slots + money }

    /// A day in milliseconds, which no call comes near.
    private static let longestAge: Int64 = 86_400_000

    /// The fields of the hash that a daemon needs to end the call, in the order in which a claim returns them. The hash
    /// has `state`, `by`, `until` and `failures` as well, which only the scripts read.
    static let fields = [
        "reason", "opened", "deadline", "lease", "type", "upstream_id", "upstream_host", "key", "binding", "caller",
        "session", "model", "price", "reserved", "day", "request", "slots", "money",
    ]

    /// The fields, with their values, that do not depend on Redis' clock. A value that the call does not have is left out.
    var values: [String] {
        let plan = record.plan
        let values: [(String, String?)] = [
            ("type", plan.type.rawValue), ("upstream_id", record.upstreamID), ("upstream_host", record.upstreamHost),
            ("key", "\(record.key)"), ("binding", "\(plan.binding)"), ("caller", plan.caller),
            ("session", plan.session), ("model", plan.model), ("price", plan.price.map { "\($0.perMinute.micros)" }),
            ("reserved", "\(plan.reserved.micros)"), ("day", "\(day.number)"), ("request", plan.requestID),
            ("slots", slots.joined(separator: " ")), ("money", money.joined(separator: " ")),
        ]
        return values.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }

    /// Reads what a claim returned; nil for anything that `open` does not write.
    /// - Parameters:
    ///   - values: of ``fields``.
    ///   - age: milliseconds since the upstream's answer; Redis' clock may have been set.
    ///   - now: nanoseconds on the monotonic clock of this process.
    init?(_ name: CallName, values: [RedisValue], age: Int64, now: UInt64) {
        guard values.count == SharedCall.fields.count else { return nil }
        let texts = zip(SharedCall.fields, values).reduce(into: [String: String]()) { $0[$1.0] = $1.1.text }
        let numbers = texts.compactMapValues { Int64($0) }
        guard let type = texts["type"].flatMap(CallType.init(rawValue:)), let session = texts["session"],
            let binding = texts["binding"].flatMap({ CallBinding($0) }),
            let key = texts["key"].flatMap({ KeyPrint($0) }),
            let upstreamID = texts["upstream_id"], let upstreamHost = texts["upstream_host"],
            let opened = numbers["opened"], let deadline = numbers["deadline"], let lease = numbers["lease"],
            let reserved = numbers["reserved"], let day = numbers["day"], let requestID = texts["request"],
            case (let time, false) = deadline.subtractingReportingOverflow(opened), (0...10_000_000).contains(time),
            (0...10_000_000).contains(lease), (0...Money.largest.micros).contains(reserved),
            (0...Int64(Int32.max)).contains(day)
        else { return nil }
        self.day = Day(number: Int(day))
        var plan = CallPlan(
            type: type, session: session, model: texts["model"], caller: texts["caller"], client: nil, binding: binding,
            maximumSeconds: Int(time / 1_000), leaseSeconds: Int(lease / 1_000),
            price: numbers["price"].flatMap { Price(perMinute: Money(micros: $0)) }, day: self.day,
            requestID: requestID)
        plan.reserved = Money(micros: reserved)
        record = CallRecord(
            name: name, plan: plan, upstreamID: upstreamID, upstreamHost: upstreamHost, key: key,
            openedAgo: min(max(age, 0), SharedCall.longestAge) * 1_000_000, now: now)
        slots = (texts["slots"] ?? "").split(separator: " ").map(String.init)
        money = (texts["money"] ?? "").split(separator: " ").map(String.init)
    }
}

extension Day {
    /// Days since 1970.
    var number: Int { Day(unixSeconds: 0).days(until: self) }

    /// - Parameter number: days since 1970.
    init(number: Int) {
        self.init(unixSeconds: number * 86_400)
    }
}

/// The answer to the request for a call, by Redis or by the memory of this process.
package enum CallAdmission: Hashable, Sendable {
    /// It may be created: limits and quotas have counted it, and it has its slots.
    /// - Parameters:
    ///   - closest: the state of the limit that admits the fewest further requests; nil when no limit is in force.
    ///   - taken: what the quotas counted.
    case admitted(closest: LimitStanding?, taken: QuotaReceipt)
    /// A limit or quota refuses it.
    case refused(LimitReached)
    /// There are as many calls as there may be.
    case full(CallDimension)
}

/// The answer of Redis to a daemon that wants to end a call.
package enum CallClaim: Sendable {
    /// The daemon ends it now, and has 30 seconds for it.
    /// - Parameters:
    ///   - reason: the first one.
    ///   - isGivenUp: the upstream's own end and a minute have passed: the call is settled, unconfirmed.
    case claimed(SharedCall, CallEndReason, isGivenUp: Bool)
    /// It is not due, or another daemon ends it: nothing is to be done for so long.
    case wait(Duration)
    /// It has ended, and its account is written.
    case ended
    /// Redis does not have it.
    case unknown
}

/// What Redis did with a call that is over.
package enum SharedSettlement: Sendable {
    /// It was settled now; the receiver of this answer writes the line.
    case settled(CallSettlement)
    /// A daemon has settled it before, and has written the line.
    case settledBefore
    /// Redis lost the call, or never had it: its maker settles it. What Redis still had of its slots and money has come
    /// back.
    case forgotten(CallSettlement)
}

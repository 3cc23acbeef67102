import JSON
import Sessions

/// The members of the usage log about calls. Its lines are also the journal from which the next process takes over the
/// calls that are open: see ``CallHistory``.
enum CallMember {
    static let id = "ephemerald.call.id"
    static let type = "ephemerald.call.type"
    static let upstreamID = "ephemerald.call.upstream_id"
    static let key = "ephemerald.call.key"
    static let binding = "ephemerald.call.binding"
    static let endsAt = "ephemerald.call.ends_at"
    static let day = "ephemerald.call.day"
    static let leaseSeconds = "ephemerald.call.lease_seconds"
    static let price = "ephemerald.call.price"
    static let reserved = "ephemerald.call.reserved"
    static let reason = "ephemerald.call.reason"
    static let isConfirmed = "ephemerald.call.confirmed"
    static let seconds = "ephemerald.call.seconds"
    static let secondsBy = "ephemerald.call.seconds_by"
    static let spent = "ephemerald.call.spent"
}

extension UsageText {
    /// Adds what the usage line of a created call has besides that of any request.
    /// - Parameter unixMilliseconds: the time of the line.
    mutating func append(opened record: CallRecord, unixMilliseconds: Int64) {
        let plan = record.plan
        append(UsageMember(CallMember.id), checked: record.name.description)
        append(UsageMember(CallMember.type), checked: plan.type.rawValue)
        append(UsageMember(CallMember.upstreamID), checked: record.upstreamID)
        append(UsageMember(CallMember.key), checked: record.key.description)
        append(UsageMember(CallMember.binding), checked: plan.binding.description)
        append(UsageMember(CallMember.endsAt), Int(unixMilliseconds / 1_000) + plan.maximumSeconds)
        append(UsageMember(CallMember.leaseSeconds), plan.leaseSeconds)
        append(UsageMember(CallMember.day), checked: "\(plan.day)")
        guard let price = plan.price else { return }
        append(UsageMember(CallMember.price), Int(price.perMinute.micros))
        append(UsageMember(CallMember.reserved), Int(plan.reserved.micros))
    }
}

/// The names of lines that are not about a request.
enum CallEvent {
    static let ending = "call.ending"
    static let ended = "call.ended"
}

extension CallRecord {
    /// The usage line of a call that is ending and could not be ended yet, with its line feed.
    /// - Parameter names: how the caller is named.
    func endingLine(_ reason: CallEndReason, naming names: LogNames, unixMilliseconds: Int64) -> [UInt8] {
        var line = self.line(CallEvent.ending, reason, unixMilliseconds: unixMilliseconds)
        line.append("enduser.pseudo.id", names.logged(account: plan.caller))
        line.append("ephemerald.session.name", plan.session)
        return line.object() + [UInt8(ascii: "\n")]
    }

    fileprivate func line(_ event: String, _ reason: CallEndReason, unixMilliseconds: Int64) -> JSONLine {
        var line = JSONLine(reserving: 512)
        line.append(text: "timestamp") { Timestamp.append(unixMilliseconds, to: &$0) }
        line.append("event.name", event)
        line.append("ephemerald.request.id", plan.requestID)
        line.append(CallMember.id, name.description)
        line.append(CallMember.reason, reason.rawValue)
        return line
    }
}

extension CallSettlement {
    /// The usage line of the end of the call, with its line feed.
    /// - Parameter names: how the caller is named.
    package func usageLine(naming names: LogNames = .full, unixMilliseconds: Int64) -> [UInt8] {
        let plan = record.plan
        var line = record.line(CallEvent.ended, reason, unixMilliseconds: unixMilliseconds)
        line.append(CallMember.isConfirmed, .bool(isConfirmed))
        line.append(CallMember.seconds, seconds)
        line.append(CallMember.secondsBy, secondsBy.rawValue)
        if plan.price != nil { line.append(CallMember.spent, Int(spent.micros)) }
        line.append("enduser.pseudo.id", names.logged(account: plan.caller))
        line.append("ephemerald.session.name", plan.session)
        return line.object() + [UInt8(ascii: "\n")]
    }
}

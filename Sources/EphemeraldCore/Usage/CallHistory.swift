import JSON
package import Sessions

/// The calls of earlier processes, read from the lines of the usage log in any order. The first line about the creation
/// of a call counts, the first about the attempt to end it, and the first about its end.
package struct CallHistory: Sendable {
    /// What a line says that had not been said before.
    package enum Event: Sendable {
        /// A call was created.
        case opened(PastCall)
        /// A call that was created is over.
        /// - Parameter spent: zero where nobody counted money.
        case ended(PastCall, spent: Money)
    }

    private enum Entry: Sendable {
        case open(PastCall)
        /// It was ending, and its creation is not known.
        case ending(CallEndReason)
        /// Its end is known and its creation is not.
        case ended(spent: Money)
        case closed
    }

    private var calls: [CallName: Entry] = [:]
    private let spending: SpendingLimits
    /// Lines about calls that were passed over, because this program does not write such.
    package private(set) var strangeLines = 0

    /// Nothing is read.
    /// - Parameter spending: the limits that the worst cases of the calls are counted under.
    package init(spending: SpendingLimits = SpendingLimits()) {
        self.spending = spending
    }

    /// Reads a line of the usage log.
    /// - Parameter line: a line with the name of a call in it.
    /// - Returns: nil for a line that cannot be read, or repeats what another says.
    package mutating func read(_ line: ArraySlice<UInt8>) -> Event? {
        guard let json = try? JSON(parsing: Array(line)), let name = json.callName else {
            strangeLines += 1
            return nil
        }
        switch json["event.name"]?.stringValue {
        case CallEvent.ended: return end(name, spent: Money(micros: Int64(json.count(CallMember.spent) ?? 0)))
        case CallEvent.ending: begin(name, json[CallMember.reason]?.stringValue.flatMap(CallEndReason.init))
        default:
            if let call = PastCall(json, name: name, spending) { return open(call) }
            strangeLines += 1
        }
        return nil
    }

    private mutating func end(_ name: CallName, spent: Money) -> Event? {
        switch calls[name] {
        case nil, .ending: calls[name] = .ended(spent: spent)
        case .open(let call):
            calls[name] = .closed
            return .ended(call, spent: spent)
        case .ended, .closed: break
        }
        return nil
    }

    private mutating func begin(_ name: CallName, _ reason: CallEndReason?) {
        guard let reason else {
            strangeLines += 1
            return
        }
        switch calls[name] {
        case nil: calls[name] = .ending(reason)
        case .open(var call):
            call.ending = call.ending ?? reason
            calls[name] = .open(call)
        case .ending, .ended, .closed: break
        }
    }

    private mutating func open(_ call: PastCall) -> Event? {
        let name = call.name
        switch calls[name] {
        case nil:
            calls[name] = .open(call)
            return .opened(call)
        case .ending(let reason):
            var call = call
            call.ending = reason
            calls[name] = .open(call)
            return .opened(call)
        case .ended(let spent):
            calls[name] = .closed
            return .ended(call, spent: spent)
        case .open, .closed: return nil
        }
    }

    /// The calls that may still be open: those without an end that are younger than the upstream's own end.
    package func open(atUnixSeconds now: Int) -> [PastCall] {
        calls.values.compactMap { entry in
            guard case .open(let call) = entry else { return nil }
            return now - call.openedAt < call.plan.type.upstreamSeconds + CallRecord.graceSeconds ? call : nil
        }
    }
}

/// A call of an earlier process, as the usage log has it. The client's address is not taken over: the call has no slot
/// of an address.
package struct PastCall: Hashable, Sendable {
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
    /// When it was opened, in Unix seconds.
    package let openedAt: Int
    /// Why its process had begun to end it; nil when it had not, or had no time to write that.
    package fileprivate(set) var ending: CallEndReason?

    /// Nil for a line that is not about a creation, or lacks something, or has what this program does not write: the id
    /// goes into a URL, and the lease into a time.
    fileprivate init?(_ json: JSON, name: CallName, _ spending: SpendingLimits) {
        func text(_ member: String) -> String? { json[member]?.stringValue }
        guard let type = text(CallMember.type).flatMap(CallType.init), let session = text("ephemerald.session.name"),
            let binding = text(CallMember.binding).flatMap(CallBinding.init),
            let key = text(CallMember.key).flatMap(KeyPrint.init), let upstreamID = text(CallMember.upstreamID),
            let upstreamHost = text("server.address"), let requestID = text("ephemerald.request.id"),
            let endsAt = json.count(CallMember.endsAt), let leaseSeconds = json.count(CallMember.leaseSeconds),
            let openedAt = text("timestamp").flatMap(Timestamp.unixSeconds(of:)), openedAt <= endsAt,
            CreatedCall.isID(upstreamID), CallPlan.leaseRange.contains(leaseSeconds)
        else { return nil }
        let price = json.count(CallMember.price).flatMap { Price(perMinute: Money(micros: Int64($0))) }
        plan = CallPlan(
            type: type, session: session, model: text("gen_ai.request.model"), caller: text("enduser.pseudo.id"),
            client: nil, binding: binding, maximumSeconds: min(endsAt - openedAt, type.upstreamSeconds),
            leaseSeconds: leaseSeconds, price: price, spending: spending, day: Day(unixSeconds: openedAt),
            requestID: requestID)
        self.name = name
        self.upstreamID = upstreamID
        self.upstreamHost = CallRecord.server(upstreamHost, port: json.count("server.port"))
        self.key = key
        self.openedAt = openedAt
    }
}

extension JSON {
    fileprivate var callName: CallName? { self[CallMember.id]?.stringValue.flatMap(CallName.init) }

    /// An integer from 0 to 10^15, which no member about calls exceeds.
    fileprivate func count(_ member: String) -> Int? {
        self[member]?.numberValue?.integer.flatMap { (0...1_000_000_000_000_000).contains($0) ? $0 : nil }
    }
}

extension Timestamp {
    /// The Unix seconds of a time stamp as `rfc3339(_:)` writes it; nil for anything else.
    fileprivate static func unixSeconds(of text: String) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: "T"))
        guard text.utf8.count == 24, parts.count == 2, let day = UsageRecord.day(at: parts[0]) else { return nil }
        let clock = parts[1].prefix(8).split(separator: UInt8(ascii: ":")).compactMap { Int(Substring($0)) }
        guard clock.count == 3, zip(clock, [24, 60, 60]).allSatisfy({ (0..<$1).contains($0) }) else { return nil }
        let days = Day(1970, 1, 1).days(until: day)
        return days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    }
}

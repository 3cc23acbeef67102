import JSON
package import Sessions

/// A line of the usage log about refusals that have no line of their own, read back.
package struct UnloggedRefusals: Hashable, Sendable {
    /// The time in RFC 3339.
    package let timestamp: String
    /// How many they are.
    package let count: Int

    private static let event = "refusals.unlogged"
    private static let member = "ephemerald.refusals.unlogged"

    /// Nil for what is not such a line.
    package init?(_ line: [UInt8]) {
        guard let json = LineMembers(of: line, requiring: ["event.name", UnloggedRefusals.member]),
            json["event.name"]?.stringValue == UnloggedRefusals.event,
            let timestamp = json["timestamp"]?.stringValue,
            let count = json[UnloggedRefusals.member]?.numberValue?.integer, (0...Int(Int32.max)).contains(count)
        else { return nil }
        self.timestamp = timestamp
        self.count = count
    }

    /// The line, with its line feed.
    static func line(_ count: Int, unixMilliseconds: Int64) -> [UInt8] {
        var line = JSONLine(reserving: 128)
        line.append(text: "timestamp") { Timestamp.append(unixMilliseconds, to: &$0) }
        line.append("event.name", event)
        line.append(member, count)
        return line.object() + [UInt8(ascii: "\n")]
    }
}

/// A line of the usage log about the end of a call, read back.
package struct EndedCall: Hashable, Sendable {
    /// The time in RFC 3339, UTC, with milliseconds, so that texts sort by time.
    package let timestamp: String
    /// The name of the call.
    package let call: String
    /// The id of the request that created the call.
    package let requestID: String
    /// Why it ended, as ``CallEndReason`` spells it.
    package let reason: String
    /// Whether the upstream confirmed the end.
    package let isConfirmed: Bool
    /// How long the call lasted.
    package let seconds: Int
    /// What it cost; nil where nobody counted money.
    package let spent: Money?
    /// The name of the caller.
    package let caller: String?
    /// The name of the session.
    package let session: String?

    /// Whether a line says that a call is ending; its end has a line of its own.
    package static func isOnlyBegun(_ line: [UInt8]) -> Bool {
        let json = LineMembers(of: line, requiring: ["event.name", CallMember.reason])
        return json?["event.name"]?.stringValue == CallEvent.ending
    }

    /// Nil for what is not such a line, or only a part of one. A line that a log shipper has written again is one: see
    /// ``LineMembers``.
    package init?(_ line: [UInt8]) {
        guard let json = LineMembers(of: line, requiring: EndedCall.required) else { return nil }
        func text(_ name: String) -> String? { json[name]?.stringValue }
        func count(_ name: String) -> Int? {
            json[name]?.numberValue?.integer.flatMap { (0...EndedCall.largest).contains($0) ? $0 : nil }
        }
        guard text("event.name") == CallEvent.ended, let timestamp = text("timestamp"),
            UsageRecord.day(at: Array(timestamp.utf8.prefix(10))) != nil, let call = text(CallMember.id),
            let requestID = text("ephemerald.request.id"), let reason = text(CallMember.reason),
            let seconds = count(CallMember.seconds)
        else { return nil }
        self.timestamp = timestamp
        self.call = call
        self.requestID = requestID
        self.reason = reason
        isConfirmed = json[CallMember.isConfirmed] == .bool(true)
        self.seconds = seconds
        spent = count(CallMember.spent).map { Money(micros: Int64($0)) }
        caller = text("enduser.pseudo.id")
        session = text("ephemerald.session.name")
    }

    /// Every line about the end of a call has these.
    private static let required = ["timestamp", "event.name", CallMember.id, CallMember.seconds]
    /// More seconds than a call lasts, and more millionths than it costs.
    private static let largest = Int(Money.largest.micros)
}

import Cryptography
import JSON
package import Sessions
import Text

/// A line of the usage log, read back.
package struct UsageRecord: Hashable, Sendable {
    /// The time in RFC 3339, UTC, with milliseconds, so that texts sort by time.
    package let timestamp: String
    /// The status of the answer.
    package let status: Int
    /// Ours: `X-Request-Id`.
    package let requestID: String
    /// The client's address.
    package let client: String
    /// The code of the refusal.
    package let refusal: String?
    /// The limit or quota that refused.
    package let dimension: String?
    /// The name of the caller.
    package let caller: String?
    /// The field `User-Agent`.
    package let userAgent: String?
    /// The field `Origin`.
    package let origin: String?
    /// The name of the requested session.
    package let session: String?
    /// The model that the upstream named, else that of the session file.
    package let model: String?
    /// SHA-256 of the client secret in hexadecimal digits; nil when none was minted.
    package let secretDigest: String?
    /// Unix seconds.
    package let secretExpiresAt: Int?
    /// The upstream's id of the session: `sess_…`.
    package let sessionID: String?
    /// The upstream's `x-request-id`.
    package let upstreamRequestID: String?
    /// Refusals before this line that have none, of all clients together.
    package let unlogged: Int
    /// Why a mint failed: the code of the upstream, or of the transfer.
    package let upstreamErrorCode: String?

    /// The name of the call that was created.
    package let call: String?

    /// Whether a token was given out or a call was created.
    package var isMint: Bool { secretDigest != nil && status == 200 || call != nil && status == 201 }

    /// Whether a line that is not a usage line is about the end of a call, also one that a log shipper has written again.
    package static func isEndOfCall(_ line: ArraySlice<UInt8>) -> Bool {
        String(decoding: line, as: UTF8.self).contains("call.ended")
    }

    /// Nil for what is not a line of the usage log, or only a part of one. A line that a log shipper has written again is
    /// one: see ``LineMembers``.
    package init?(_ line: [UInt8]) {
        guard let json = (try? JSON(parsing: line)).flatMap(LineMembers.init),
            let timestamp = json["timestamp"]?.stringValue,
            UsageRecord.day(at: Array(timestamp.utf8.prefix(10))) != nil,
            let status = json["http.response.status_code"]?.numberValue?.integer,
            let requestID = json["ephemerald.request.id"]?.stringValue
        else { return nil }
        self.timestamp = timestamp
        self.status = status
        self.requestID = requestID
        func text(_ name: String) -> String? { json[name]?.stringValue }
        client = text("client.address") ?? ""
        refusal = text("error.type")
        dimension = text("ephemerald.limit.dimension")
        caller = text("enduser.pseudo.id")
        userAgent = text("user_agent.original")
        origin = text("ephemerald.origin")
        session = text("ephemerald.session.name")
        model = text("gen_ai.request.model")
        secretDigest = text("ephemerald.secret.sha256")
        secretExpiresAt = json["ephemerald.secret.expires_at"]?.numberValue?.integer
        sessionID = text("ephemerald.session.id")
        call = text(CallMember.id)
        upstreamRequestID = text("ephemerald.upstream.request.id")
        unlogged = min(max(json["ephemerald.refusals.unlogged"]?.numberValue?.integer ?? 0, 0), Int(Int32.max))
        upstreamErrorCode = text("ephemerald.upstream.error.code")
    }

    /// The SHA-256 of a client secret, as the usage log has it.
    package static func digest(of secret: String) -> String {
        hash(of: secret).hexadecimal
    }

    /// The bytes of that digest.
    static func hash(of secret: String) -> [UInt8] {
        HashFunction.sha256.hash(Array(secret.utf8))
    }

    /// The day of a line, without reading more of it than its beginning; nil for a line that is not ours. A million
    /// lines of other days are passed over for the cost of this.
    package static func day(of line: ArraySlice<UInt8>) -> Day? {
        line.starts(with: beginning) ? day(at: line.dropFirst(beginning.count).prefix(10)) : nil
    }

    /// The day of ten digits and dashes: `2026-11-22`.
    static func day(at digits: some Collection<UInt8>) -> Day? {
        guard digits.count == 10 else { return nil }
        var numbers = [0, 0, 0]
        for (place, digit) in digits.enumerated() {
            if place == 4 || place == 7 {
                guard digit == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let part = place < 4 ? 0 : place < 7 ? 1 : 2
            numbers[part] = numbers[part] * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) else { return nil }
        return Day(numbers[0], numbers[1], numbers[2])
    }

    /// The beginning of every line, as `UsageLine.swift` writes it.
    private static let beginning = Array(#"{"timestamp":""#.utf8)
}

/// The members of a usage line, also of one that a log shipper has written again: in another order, as a member of its
/// own line (an object, or the text that it read), or with names taken apart at their dots (`"client": {"address": …}`).
private struct LineMembers {
    private let line: JSON
    /// Whether names are taken apart. A million lines are read faster where members need not be looked for in each other.
    private let isNested: Bool

    /// Shippers wrap a line once or twice.
    private static let deepest = 4
    /// The members in which shippers keep the text of a line: Docker and Fluent Bit, journald, Logstash and Vector. The text
    /// of any other member may be a client's, who could write a line of their own in it.
    private static let texts = ["log", "message", "MESSAGE", "msg"]

    /// Every line has these.
    private static let required = ["timestamp", "http.response.status_code", "ephemerald.request.id"]

    /// Nil for JSON that holds no usage line.
    init?(in json: JSON) {
        guard let line = LineMembers.search(json, depth: 0) else { return nil }
        self.line = line
        isNested = !LineMembers.required.allSatisfy { line[$0] != nil }
    }

    /// The value of a member, by the name that the usage log gives it.
    subscript(name: String) -> JSON? { isNested ? LineMembers.member(name[...], of: line) : line[name] }

    private static func search(_ json: JSON, depth: Int) -> JSON? {
        guard let object = json.objectValue else { return nil }
        if required.allSatisfy({ member($0[...], of: json) != nil }) { return json }
        guard depth < deepest else { return nil }
        for (name, value) in object.members.map({ ($0.name, $0.value) }) {
            var inner = value
            if let text = value.stringValue {
                guard texts.contains(name), let parsed = try? JSON(parsing: Array(text.utf8)) else { continue }
                inner = parsed
            }
            if let found = search(inner, depth: depth + 1) { return found }
        }
        return nil
    }

    private static func member(_ name: Substring, of json: JSON) -> JSON? {
        guard let object = json.objectValue else { return nil }
        if let value = object[String(name)] { return value }
        for dot in name.indices where name[dot] == "." {
            guard let inner = object[String(name[..<dot])] else { continue }
            if let value = member(name[name.index(after: dot)...], of: inner) { return value }
        }
        return nil
    }
}

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
    /// The client, as the log names it; empty where it names none.
    package let client: String
    /// The code of the refusal.
    package let refusal: String?
    /// The limit or quota that refused.
    package let dimension: String?
    /// The caller, as the log names them.
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

    /// What was taken from the money of the day for good; nil where it was not counted.
    package let spent: Money?
    /// The name of the call that was created.
    package let call: String?
    /// The upstream's id of that call.
    package let upstreamCall: String?

    /// Whether a token was given out or a call was created.
    package var isMint: Bool { secretDigest != nil && status == 200 || call != nil && status == 201 }

    /// Nil for what is not a line of the usage log, or only a part of one. A line that a log shipper has written again is
    /// one: see ``LineMembers``.
    package init?(_ line: [UInt8]) {
        guard let json = LineMembers(of: line, requiring: UsageRecord.required),
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
        spent = json["ephemerald.spent"]?.numberValue?.integer
            .flatMap { (0...Int(Money.largest.micros)).contains($0) ? Money(micros: Int64($0)) : nil }
        call = text(CallMember.id)
        upstreamCall = text(CallMember.upstreamID)
        upstreamRequestID = text("ephemerald.upstream.request.id")
        unlogged = min(max(json["ephemerald.refusals.unlogged"]?.numberValue?.integer ?? 0, 0), Int(Int32.max))
        upstreamErrorCode = text("ephemerald.upstream.error.code")
    }

    /// Every line of a request has these.
    private static let required = ["timestamp", "http.response.status_code", "ephemerald.request.id"]

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

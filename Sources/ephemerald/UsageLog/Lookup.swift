package import EphemeraldCore
import HTTP
import System
package import Text

/// What `ephemerald lookup` searches the usage log for: a client secret, an id, a caller, a client address or an origin.
package struct Lookup {
    private let value: String
    /// The log holds no secrets, only their digests. Whatever the value is: not every upstream's begin with `ek_`.
    private let digest: String
    /// The value as an address in the log's spelling; nil when it is not an address.
    private let address: String?
    /// Only a line that holds one of these is read as a whole.
    private let needles: [[UInt8]]

    /// - Throws: for a value that no line can have: an empty one, one of more than 4,096 bytes, one with control
    ///   characters, and an API key.
    package init(_ value: String) throws(Invalid) {
        guard !value.isEmpty else { throw Invalid("the value is empty") }
        guard value.utf8.count <= 4_096, value.loggable(4_096) == value else {
            throw Invalid(
                "the value is not a secret, id, caller, address or origin; those have no control characters")
        }
        guard !value.hasPrefix("sk-") else {
            throw Invalid("this looks like an API key, and the usage log holds none")
        }
        self.value = value
        digest = UsageRecord.digest(of: value)
        address = IPAddress(value)?.description
        needles =
            [Lookup.plainPart(of: value), Array(digest.utf8)] + (address.map { [Lookup.plainPart(of: $0)] } ?? [])
    }

    /// The longest part of a text that every writer of JSON spells alike: a log shipper may escape other characters than
    /// the log does. Every line holds an empty one.
    private static func plainPart(of text: String) -> [UInt8] {
        let parts = text.utf8.split { !$0.isNameByte }
        return parts.max { $0.count < $1.count }.map(Array.init) ?? []
    }

    /// The line read, when it is one of those.
    package func match(_ line: ArraySlice<UInt8>) -> UsageRecord? {
        guard needles.contains(where: { $0.isEmpty || line.holds($0) }), let record = UsageRecord(Array(line)) else {
            return nil
        }
        let ids = [
            record.secretDigest, record.sessionID, record.requestID, record.upstreamRequestID, record.caller,
            record.origin, record.call,
        ]
        let isMeant = ids.contains(value) || record.secretDigest == digest || record.client == address ?? value
        return isMeant ? record : nil
    }

    /// The record for people: its outcome and time, then the caller, the client and the session.
    package static func lines(of record: UsageRecord) -> [String] {
        let outcome: String
        if record.isMint {
            outcome = "minted"
        } else {
            let detail = record.dimension ?? record.upstreamErrorCode
            outcome = "\(record.refusal ?? "answered") \(record.status)" + (detail.map { " (\($0))" } ?? "")
        }
        let session = [record.session, record.model, record.sessionID].compactMap(\.self).joined(separator: " ")
        let until = record.secretExpiresAt.map { seconds in
            // A line may come from another program: what is beyond the calendar is shown as its end.
            let times = Timestamp.unixSeconds
            return " until \(Timestamp.rfc3339(Int64(min(max(seconds, times.lowerBound), times.upperBound)) * 1_000))"
        }
        let fields: [(String, String?)] = [
            ("caller", record.caller), ("client", record.client), ("origin", record.origin),
            ("agent", record.userAgent), ("session", session.isEmpty ? nil : session),
            ("call", record.call),
            ("secret", record.secretDigest.map { "sha256 \($0)\(until ?? "")" }),
            ("request", record.requestID), ("upstream", record.upstreamRequestID),
        ]
        return ["\(record.timestamp)  \(outcome)".loggable(512)]
            + fields.compactMap { name, value in
                value.map { "  " + name + String(repeating: " ", count: 10 - name.count) + $0.loggable(512) }
            }
    }
}

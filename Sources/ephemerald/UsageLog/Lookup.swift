package import EphemeraldCore
import HTTP
import Sessions
import System
package import Text

/// What `ephemerald lookup` searches the usage log for: a client secret, an id, a call, a caller, a client address, a
/// network or an origin.
package struct Lookup {
    private let value: String
    /// The log holds no secrets, only their digests. Whatever the value is: not every upstream's begin with `ek_`.
    private let digest: String
    /// The name of the call whose id the value is: the log holds no ids of calls. Nil when it cannot be one.
    private let call: String?
    /// How the log may name the client, if the value is an address: in full, truncated or hashed.
    private let clients: [String]
    /// How the log may name the caller.
    private let callers: [String]
    /// The value as a network; nil when it is not one.
    private let network: AddressRange?
    /// Only a line that holds all parts of one of these is read as a whole.
    private let needles: [[[UInt8]]]

    /// - Parameters:
    ///   - value: what to look for.
    ///   - identifiers: what hashes in the log are made by.
    /// - Throws: for a value that no line can have: an empty one, one of more than 4,096 bytes, one with control
    ///   characters, and an API key.
    package init(_ value: String, hashedBy identifiers: SafetyIdentifier? = nil) throws(Invalid) {
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
        // The address of a call ends with its id, or with what is done to the call after it.
        call = value.utf8.split(separator: UInt8(ascii: "/")).lazy.compactMap { CallID($0)?.name.description }.first
        let address = IPAddress(value)?.description
        clients =
            [value]
            + (address.map { [$0, LogNames.truncated($0), identifiers?.identifier(ofClient: $0)] } ?? [])
            .compactMap(\.self)
        callers = [value] + [identifiers?.identifier(ofCaller: value)].compactMap(\.self)
        network = value.contains("/") ? try? AddressRange(parsing: value) : nil
        needles =
            [Lookup.plainParts(of: value), [Array(digest.utf8)]]
            + (clients.dropFirst() + callers.dropFirst() + [network?.commonText, call].compactMap(\.self)).map {
                [Array($0.utf8)]
            }
    }

    /// The parts of a text that every writer of JSON spells alike, the longest first: a log shipper may escape other
    /// characters than the log does.
    private static func plainParts(of text: String) -> [[UInt8]] {
        text.utf8.split { !$0.isNameByte }.map(Array.init).sorted { $0.count > $1.count }
    }

    /// The line read, when it is one of those.
    package func match(_ line: ArraySlice<UInt8>) -> UsageRecord? {
        guard needles.contains(where: { $0.allSatisfy { $0.isEmpty || line.holds($0) } }),
            let record = UsageRecord(Array(line))
        else { return nil }
        let ids = [
            record.secretDigest, record.sessionID, record.requestID, record.upstreamRequestID, record.origin,
            record.call, record.upstreamCall,
        ]
        let isMeant =
            ids.contains(value) || record.secretDigest == digest || clients.contains(record.client)
            || record.caller.map(callers.contains) ?? false
            || call != nil && record.call == call
            || network.map { network in IPAddress(record.client).map(network.contains) ?? false } ?? false
        return isMeant ? record : nil
    }

    /// The line about the end of a call read, when it is one of those.
    /// - Parameter calls: the names of the calls whose creation has matched. The line of an end has less to match.
    package func matchEnd(_ line: ArraySlice<UInt8>, of calls: Set<String>) -> EndedCall? {
        guard line.holds(Lookup.endOfCall), let end = EndedCall(Array(line)) else { return nil }
        let isMeant =
            [end.call, end.requestID].contains(value) || end.caller.map(callers.contains) ?? false || end.call == call
            || calls.contains(end.call)
        return isMeant ? end : nil
    }

    private static let endOfCall = Array("call.ended".utf8)

    /// The record for people: its outcome and time, then the caller, the client and the session.
    package static func lines(of record: UsageRecord) -> [String] {
        let outcome: String
        if record.isMint {
            outcome = record.call == nil ? "minted" : "created"
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
            ("caller", record.caller), ("client", record.client.isEmpty ? nil : record.client),
            ("origin", record.origin),
            ("agent", record.userAgent), ("session", session.isEmpty ? nil : session),
            ("call", record.call.map { name in record.upstreamCall.map { "\(name) \($0)" } ?? name }),
            ("secret", record.secretDigest.map { "sha256 \($0)\(until ?? "")" }),
            ("request", record.requestID), ("upstream", record.upstreamRequestID),
        ]
        return lines("\(record.timestamp)  \(outcome)", fields)
    }

    /// The end of a call for people: its reason and time, then how long the call lasted and whose it was.
    package static func lines(of end: EndedCall) -> [String] {
        let doubt = end.isConfirmed ? "" : ", not confirmed"
        return lines(
            "\(end.timestamp)  ended (\(end.reason)\(doubt))",
            [
                ("caller", end.caller), ("session", end.session), ("call", end.call), ("lasted", "\(end.seconds) s"),
                ("spent", end.spent.map(\.description)), ("request", end.requestID),
            ])
    }

    private static func lines(_ head: String, _ fields: [(String, String?)]) -> [String] {
        [head.loggable(512)]
            + fields.compactMap { name, value in
                value.map { "  " + name + String(repeating: " ", count: 10 - name.count) + $0.loggable(512) }
            }
    }
}

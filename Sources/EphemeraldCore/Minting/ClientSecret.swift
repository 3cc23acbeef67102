import HTTP
package import JSON

/// A client secret as the upstream minted it, with the members of the effective session that an answer needs.
///
/// An object, as ``MintFailure`` is: every function between the upstream and the answer passes it on, and a copy of the
/// values would cost each of them six references.
package final class ClientSecret: Sendable {
    /// What the browser presents to the upstream: `ek_…` at OpenAI. Never empty.
    package let value: Secret
    /// When it expires, in Unix seconds; until then it can start sessions.
    package let expiresAt: Int
    /// The upstream's id of the session: `sess_…`. Not every upstream has one.
    package let sessionID: String?
    /// The model the upstream chose; nil when it does not say.
    package let model: String?
    /// The upstream's echo of the session, read only for sessions that answer in full.
    package let session: JSON?
    /// The field `x-request-id` of the upstream's answer.
    package let upstreamRequestID: String?
    /// The key that minted it.
    let key: UpstreamKey

    private static let brief: JSONSelection = ["value", "expires_at", "session.id", "session.model"]
    private static let full: JSONSelection = ["value", "expires_at", "session"]

    /// Nil when the body is not the answer to a mint.
    init?(_ response: Response, inFull: Bool, by key: UpstreamKey) {
        guard
            let body = try? JSON(parsing: response.body, only: inFull ? ClientSecret.full : ClientSecret.brief),
            let value = body["value"]?.stringValue, !value.isEmpty,
            let expiresAt = body["expires_at"]?.numberValue?.integer,
            Timestamp.unixSeconds.contains(expiresAt)
        else { return nil }
        self.key = key
        self.value = Secret(value)
        self.expiresAt = expiresAt
        let session = body["session"]
        sessionID = session?["id"]?.stringValue
        model = session?["model"]?.stringValue
        self.session = inFull ? session : nil
        upstreamRequestID = response.fields["x-request-id"]
    }
}

/// A text that must not be seen: printing, interpolating, dumping or mirroring it shows `<redacted>`.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// - Parameter value: the text to keep, such as an API key.
    package init(_ value: String) {
        self.value = value
    }

    /// The text itself. Every call is a place to review: it belongs in a request to the upstream and nowhere else.
    package func reveal() -> String { value }

    /// Always `<redacted>`.
    package var description: String { "<redacted>" }

    /// Always `<redacted>`, for `debugPrint` and what quotes elements of a collection.
    package var debugDescription: String { description }

    /// Without children: `dump` shows what a mirror has.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

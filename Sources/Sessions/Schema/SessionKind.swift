/// The three kinds of session that a client secret can be minted for.
package enum SessionKind: String, Hashable, Sendable, CaseIterable {
    /// Speech or text to speech or text, with a model that answers.
    case realtime
    /// Speech to text only.
    case transcription
    /// Speech in one language to speech in another. Its body has no `type` upstream.
    case translation

    /// Where a client secret for it is minted, behind the base URL.
    package var mintPath: String {
        self == .translation ? "realtime/translations/client_secrets" : "realtime/client_secrets"
    }

    /// Where the browser sends its SDP offer, behind the base URL.
    package var callsPath: String {
        self == .translation ? "realtime/translations/calls" : "realtime/calls"
    }
}

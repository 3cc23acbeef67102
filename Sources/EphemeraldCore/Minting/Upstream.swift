import HTTP

/// Where client secrets are minted, and as whom.
package struct Upstream: Sendable {
    /// How the key is sent.
    package enum Authorization: Hashable, Sendable {
        /// `Authorization: Bearer KEY`, as OpenAI and most of its kind take it.
        case bearer
        /// `api-key: KEY`, as Azure OpenAI takes it.
        case apiKey
    }

    /// Without a slash at the end: `https://api.openai.com/v1`.
    package let baseURL: String
    /// Tried in order: the next one when the upstream refuses one or its account is used up. At least one.
    package let keys: [Secret]
    /// How the key is sent. Default: as a bearer token.
    package var authorization = Authorization.bearer
    /// `OpenAI-Organization`
    package var organization: String?
    /// `OpenAI-Project`
    package var project: String?
    /// Where browsers send their offer, for all sessions; nil for what the kind of session and the base URL say.
    package var callsURL: String?
    /// Whether it is told of the trace of a request, where a trusted proxy names one.
    package var passesTrace = false
    /// For one mint as a whole, retries included.
    package var timeout: Duration = .seconds(10)
    /// Mints under way at once, over all loops.
    package var maxInFlight = 2048

    /// - Parameter keys: at least one; this is not checked here, and minting without one traps.
    package init(baseURL: String, keys: [Secret]) {
        self.baseURL = baseURL
        self.keys = keys
    }

    /// Where browsers send their offer, down to the port.
    package var callsOrigin: String {
        (callsURL ?? baseURL).split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
            .joined(separator: "/")
    }

    /// The host of the base URL, without a port, for `server.address`.
    var host: String {
        let authority = baseURL.split(separator: "/").dropFirst().first ?? ""
        // The colons of an IPv6 address stand inside brackets.
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]" else { return String(authority) }
        return String(authority[..<colon])
    }

    /// `OpenAI-Beta` is never sent: the interface it asks for has ended.
    func fields(key: Secret, requestID: RequestID, safetyIdentifier: String?, trace: TraceParent?) -> Fields {
        var fields: Fields = [
            "Content-Type": "application/json",
            "X-Client-Request-Id": requestID.description,
        ]
        switch authorization {
        case .bearer: fields.append("Authorization", "Bearer \(key.reveal())")
        case .apiKey: fields.append("api-key", key.reveal())
        }
        if let organization { fields.append("OpenAI-Organization", organization) }
        if let safetyIdentifier { fields.append("OpenAI-Safety-Identifier", safetyIdentifier) }
        if let project { fields.append("OpenAI-Project", project) }
        if passesTrace, let trace { fields.append("traceparent", trace.outgoing) }
        return fields
    }
}

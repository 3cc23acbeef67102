import HTTP
import Sessions

/// The address and the credentials of the upstream, which mints client secrets.
package struct Upstream: Sendable {
    /// How the key is sent.
    package enum Authorization: Hashable, Sendable {
        /// `Authorization: Bearer KEY`, for OpenAI and most similar upstreams.
        case bearer
        /// `api-key: KEY`, for Azure OpenAI.
        case apiKey
    }

    /// The base URL, without a slash at the end: `https://api.openai.com/v1`.
    package let baseURL: String
    /// The keys, tried in order: the next one when the upstream refuses a key or its account is used up. At least one.
    package let keys: [Secret]
    /// How the key is sent. Default: as a bearer token.
    package var authorization = Authorization.bearer
    /// The field `OpenAI-Organization`.
    package var organization: String?
    /// The field `OpenAI-Project`.
    package var project: String?
    /// Where browsers send their offer, for all sessions; nil to derive it from the kind of session and the base URL.
    package var callsURL: String?
    /// Whether the upstream is the sandbox, whose calls nobody answers: answers then say so to pages.
    package var isSandbox = false
    /// Whether the upstream gets the trace of a request, if a trusted proxy names one.
    package var passesTrace = false
    /// The time for one mint, including retries.
    package var timeout: Duration = .seconds(10)
    /// The largest number of mints in progress, over all loops.
    package var maxInFlight = 2048
    /// The largest number of requests that wait for one of these to end.
    package var maxWaiting = 0

    /// - Parameter keys: at least one; this is not checked here, and minting without one traps.
    package init(baseURL: String, keys: [Secret]) {
        self.baseURL = baseURL
        self.keys = keys
    }

    /// The origin of the address where browsers send their offer.
    package var callsOrigin: String {
        (callsURL ?? baseURL).split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
            .joined(separator: "/")
    }

    /// The host of the base URL, for `server.address`, and its port unless it is that of the scheme, for `server.port`.
    var server: (host: String, port: Int?) {
        let parts = baseURL.split(separator: "/")
        let authority = parts.dropFirst().first ?? ""
        // The colons of an IPv6 address are inside brackets.
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]" else { return (String(authority), nil) }
        let port = Int(authority[colon...].dropFirst())
        let standard = parts.first == "https:" ? 443 : 80
        return (String(authority[..<colon]), port == standard ? nil : port)
    }

    /// Which server has the calls that were created here: another port is another server.
    var callServer: String { CallRecord.server(server.host, port: server.port) }

    /// The fields that all mints with a key have. `OpenAI-Beta` is never sent: the interface that it selects has ended.
    func commonFields(key: Secret) -> CommonFields {
        var fields: Fields = ["Content-Type": "application/json"]
        fields.append(contentsOf: credentials(key: key))
        return CommonFields(fields)
    }

    /// The fields of a request about a call.
    func callFields(key: Secret, requestID: RequestID) -> Fields {
        var fields = credentials(key: key)
        fields.append("X-Client-Request-Id", requestID.description)
        return fields
    }

    private func credentials(key: Secret) -> Fields {
        var fields = Fields()
        switch authorization {
        case .bearer: fields.append("Authorization", "Bearer \(key.reveal())")
        case .apiKey: fields.append("api-key", key.reveal())
        }
        if let organization { fields.append("OpenAI-Organization", organization) }
        if let project { fields.append("OpenAI-Project", project) }
        return fields
    }
}

import JSON

/// The kinds of session.
package enum SessionKind: String, Hashable, Sendable, CaseIterable {
    /// Speech or text to speech or text, with a model that answers.
    case realtime
    /// Speech to text only.
    case transcription
    /// Speech in one language to speech in another. The body has no `type` upstream.
    case translation

    /// Speech to speech, with a model that may leave the thinking to another one: OpenAI's Live API. The body has no
    /// `type` upstream.
    case live

    /// Where a client secret is minted, after the base URL; nil for a kind without client secrets.
    package var mintPath: String? {
        switch self {
        case .realtime, .transcription: "realtime/client_secrets"
        case .translation: "realtime/translations/client_secrets"
        case .live: nil
        }
    }

    /// Where an SDP offer is sent, after the base URL: by the browser with its client secret, or by this service, which
    /// creates the call.
    package var callsPath: String {
        switch self {
        case .realtime, .transcription: "realtime/calls"
        case .translation: "realtime/translations/calls"
        case .live: "live/sessions"
        }
    }

    /// The most seconds that a call may last, well below the upstream's own end; nil for a kind that this service creates
    /// no calls of.
    package var longestCallSeconds: Int? {
        switch self {
        case .realtime: 3600
        case .live: 6600
        case .transcription, .translation: nil
        }
    }

    /// The kind of a session by its `type`, or by its other members where the beta interface needed no type.
    /// - Parameter clientSecret: the member `client_secret` of a file in the beta interface's shape.
    init(of session: JSONObject, clientSecret: JSON? = nil) {
        if let type = session["type"] {
            self = type.stringValue.flatMap(SessionKind.init(rawValue:)) ?? .realtime
        } else if ModelName.isOfLiveAPI(session["model"]?.stringValue ?? "") {
            self = .live
        } else if session["model"]?.stringValue?.hasPrefix("gpt-realtime-translate") == true
            || JSON.object(session).value(at: ["audio", "output", "language"]) != nil
        {
            self = .translation
        } else if session["model"] == nil, session["instructions"] == nil, session["voice"] == nil,
            clientSecret?["expires_at"] != nil || session["input_audio_transcription"] != nil
        {
            self = .transcription
        } else {
            self = .realtime
        }
    }
}

/// What the settings decide about session files.
package struct SessionRules: Hashable, Sendable {
    /// The owner of the models that the sessions name.
    package let owner: UpstreamOwner
    /// Whether `access.origins` may have wildcards under domains where anyone can register a name.
    package let allowsSharedSuffixes: Bool
    /// The money of a day: the smaller of `SPEND_ALL` and `SPEND_CALLER`. Nil while no money is counted; otherwise every
    /// file must have a price.
    package let moneyOfDay: Money?
    /// Whether the service creates calls: `MAX_CALLS` is not 0.
    package let createsCalls: Bool

    /// By default the rules for OpenAI's own hosts, without such wildcards and prices, and with calls.
    package init(
        owner: UpstreamOwner = .openAI, allowsSharedSuffixes: Bool = false, moneyOfDay: Money? = nil,
        createsCalls: Bool = true
    ) {
        self.owner = owner
        self.allowsSharedSuffixes = allowsSharedSuffixes
        self.moneyOfDay = moneyOfDay
        self.createsCalls = createsCalls
    }
}

/// The owner of the models that a session names, by the host that mints. OpenAI's end dates and what its models refuse
/// apply to its own hosts. On other hosts (Azure's deployments, gateways) the owner decides what a name means.
package enum UpstreamOwner: Hashable, Sendable {
    /// `api.openai.com`, or one of its hosts with data residency.
    case openAI
    /// Any other host.
    case other

    /// The owner of that host, in the lower case of a parsed URL.
    package init(host: String) {
        let name = "api.openai.com"
        let regions = ["us", "eu", "ae", "au", "in", "jp"]
        self = host == name || regions.contains { host == "\($0).\(name)" } ? .openAI : .other
    }

    /// How bad a violation is in a session for this upstream.
    func severity(of level: Violation.Level) -> Finding.Severity {
        switch level {
        case .refusedByOpenAI: .error
        case .refusedForModel: self == .openAI ? .error : .warning
        case .doubtful: .warning
        }
    }
}

import Curl
import EphemeraldCore
import Sessions
import Settings

/// What settings and session files decide for the requests of a worker. A reload replaces it as a whole.
struct WorkerSettings: Sendable {
    private(set) var rules: TokenService.Rules
    let upstream: Upstream
    let client: HTTPClientSettings
    /// The contents of the file with the certificate authorities of both clients.
    let authorities: CertificateFile?
    /// The client that fetches the keys of tokens; nil when none are fetched.
    let keyClient: HTTPClientSettings?

    /// - Parameter sandboxURL: the URL of the sandbox, which takes the place of the upstream.
    init(_ configuration: Configuration, safety: SafetyIdentifier, sandboxURL: String?) {
        let settings = configuration.settings
        upstream = Upstream(settings, sandboxURL: sandboxURL)
        rules = TokenService.Rules(
            origins: OriginPolicy(
                allowing: settings.access.allowedOrigins, allowsMissing: settings.access.allowsMissingOrigin,
                allowsCredentials: settings.access.allowsCredentials),
            callers: settings.access.callers, proxies: settings.access.trustedProxies,
            sessions: configuration.sessions.catalog, limits: settings.limits.rates, quotas: settings.limits.quotas,
            safety: safety)
        rules.requestIDField = settings.access.requestIDField
        rules.logNames = LogNames(
            client: settings.output.logClient, caller: settings.output.logCaller, hashedBy: safety)
        rules.refusalLimit = settings.limits.refusals
        rules.callMaxima = settings.limits.calls
        rules.spending = settings.limits.spending
        rules.files = BrowserFiles.served(
            withDemo: settings.isDemo, upstream: upstream, isSandbox: sandboxURL != nil)
        rules.files[APIDescription.path] = APIDescription.file
        authorities = settings.upstream.authorities
        client = HTTPClientSettings(settings.upstream, isSandbox: sandboxURL != nil)
        keyClient = HTTPClientSettings(forKeysOf: settings)
    }

    /// The settings after a reload: fetched keys stay, and so does a salt that no setting names.
    init(_ configuration: Configuration, following old: WorkerSettings, sandboxURL: String?) {
        var safety = old.rules.safety
        if case .kept(let kept) = configuration.settings.upstream.safetySalt { safety = kept }
        self.init(configuration, safety: safety, sandboxURL: sandboxURL)
        rules.callers = rules.callers.keepingFetchedKeys(of: old.rules.callers)
    }
}

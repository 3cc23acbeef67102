import Curl
import EphemeraldCore
import Sessions

/// What settings and session files come to for a request: the part of a worker that a reload replaces as a whole.
struct Policy: Sendable {
    let rules: TokenService.Rules
    let upstream: Upstream
    let client: ClientSettings

    /// - Parameter sandboxURL: of the stand-in, which takes the place of the upstream.
    init(_ configuration: FreshConfiguration, safety: SafetyIdentifier, sandboxURL: String?) {
        let settings = configuration.settings
        upstream = Upstream(settings, sandboxURL: sandboxURL)
        var rules = TokenService.Rules(
            origins: OriginPolicy(
                allowing: settings.access.allowedOrigins, allowsMissing: settings.access.allowsMissingOrigin),
            callers: settings.access.callers, proxies: settings.access.trustedProxies,
            sessions: configuration.sessions.catalog, limits: settings.limits.rates, quotas: settings.limits.quotas,
            safety: safety)
        rules.files = BrowserFiles.served(withDemo: settings.isDemo, upstream: upstream)
        self.rules = rules
        client = ClientSettings(settings.upstream, isSandbox: sandboxURL != nil)
    }
}

package import Sessions

extension TokenService {
    /// What the settings and the session files decide.
    package struct Rules: Sendable {
        /// Which pages may ask.
        package var origins: OriginPolicy
        /// Who may ask.
        package var callers: Authenticator
        /// Whose forwarding headers are believed.
        package var proxies: TrustedProxies
        /// What may be asked for.
        package var sessions: SessionCatalog
        /// How often, where a session file says nothing else.
        package var limits: RateLimits
        /// How many refusals of one client have a usage line; nil for all.
        package var refusalLimit: RateLimit?
        /// How much a day.
        package var quotas: Quotas
        /// Under which name the upstream hears of a caller.
        package var safety: SafetyIdentifier
        /// What is served beside, by its path.
        package var files: [String: StaticFile] = [:]

        /// Files for browsers come later, by `files`.
        package init(
            origins: OriginPolicy, callers: Authenticator, proxies: TrustedProxies, sessions: SessionCatalog,
            limits: RateLimits, quotas: Quotas = Quotas(), safety: SafetyIdentifier
        ) {
            self.origins = origins
            self.callers = callers
            self.proxies = proxies
            self.sessions = sessions
            self.limits = limits
            self.quotas = quotas
            self.safety = safety
        }
    }
}

/// A session with what its file and the settings say of those who ask for it, worked out when the rules are loaded.
struct OfferedSession: Sendable {
    let session: Session
    /// The origins that may ask for it; nil when its file names none.
    let origins: OriginList?
    /// How often it may be asked for.
    let limits: SessionLimits

    /// - Parameter limits: of the settings.
    init(_ session: Session, limits: RateLimits) {
        self.session = session
        origins = session.access.origins.map { OriginList($0) }
        self.limits = SessionLimits(session, settings: limits)
    }
}

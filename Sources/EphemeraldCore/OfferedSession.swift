import Sessions

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

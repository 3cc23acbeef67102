package import Sessions

/// The limits of the settings, one for each dimension; nil is off.
package struct RateLimits: Hashable, Sendable {
    /// The limit on one client address (IPv6: one /64).
    package var client: RateLimit?
    /// The limit on one caller; it has no effect where callers do not have to say who they are.
    package var caller: RateLimit?
    /// The limit on the pages of one origin; requests without one count together.
    package var origin: RateLimit?
    /// The limit on one session.
    package var session: RateLimit?
    /// The limit on all requests together.
    package var all: RateLimit?

    /// All of them off, except those that are given.
    package init(
        client: RateLimit? = nil, caller: RateLimit? = nil, origin: RateLimit? = nil, session: RateLimit? = nil,
        all: RateLimit? = nil
    ) {
        self.client = client
        self.caller = caller
        self.origin = origin
        self.session = session
        self.all = all
    }
}

/// The limits on requests for one session, made when the rules are loaded: those of its file, else of the settings.
struct SessionLimits: Sendable {
    private struct Limit {
        /// What the limit counts by.
        let dimension: LimitDimension
        let rule: LimitRule
        /// The session that it counts for; nil for a limit that all sessions share.
        let session: String?
    }

    private let name: String
    private let limits: [Limit]
    /// The field `RateLimit-Policy` for a caller, and for a client without a name.
    private let policyFields: (named: String, unnamed: String)

    init(_ session: Session, settings: RateLimits) {
        let (own, name) = (session.access.limits, session.name)
        self.name = name
        limits = [
            SessionLimits.limit(.client, settings.client, or: own.client, of: name),
            SessionLimits.limit(.caller, settings.caller, or: own.caller, of: name),
            SessionLimits.limit(.origin, settings.origin, or: own.origin, of: name),
            SessionLimits.limit(.session, settings.session, or: own.session, of: name),
            SessionLimits.limit(.all, settings.all, or: own.all, of: name),
        ].compactMap { $0 }
        policyFields = (
            named: RateLimitFields.policy(limits.map(\.rule)),
            unnamed: RateLimitFields.policy(limits.filter { $0.dimension != .caller }.map(\.rule))
        )
    }

    /// The limit of the settings, or what the session file says instead; nil when it is off.
    private static func limit(
        _ dimension: LimitDimension, _ setting: RateLimit?, or own: Access.Limit?, of session: String
    ) -> Limit? {
        switch own {
        case nil: setting.map { Limit(dimension: dimension, rule: LimitRule(dimension, $0), session: nil) }
        case .off: nil
        case .rate(let limit):
            // A session's limit on all is not in the one count of all requests: there a request under `1/h` would weigh
            // an hour for every other session. A limit on the session has its name anyway.
            Limit(
                dimension: dimension, rule: LimitRule(dimension == .all ? .session : dimension, limit),
                session: dimension == .session ? nil : session)
        }
    }

    /// The field `RateLimit-Policy`.
    /// - Parameter countsCaller: whether there is a caller, whom the limit on callers counts.
    func policyField(countsCaller: Bool) -> String {
        countsCaller ? policyFields.named : policyFields.unnamed
    }

    /// The limits that count this session, whatever the request: those on the session, and its own on all.
    var withoutRequest: [(dimension: LimitDimension, check: LimitCheck)] {
        limits.compactMap { limit in
            switch limit.dimension {
            case .session: (.session, LimitCheck(limit.rule, LimitIdentity(.name(name), of: limit.session)))
            case .all where limit.session != nil:
                (.all, LimitCheck(limit.rule, LimitIdentity(.everybody, of: limit.session)))
            case .all, .client, .caller, .origin: nil
            }
        }
    }

    /// The limits that one request has to pass.
    func checks(client: ClientAddress, caller: Caller?, origin: String?) -> LimitChecks {
        var checks = LimitChecks()
        let limits = limits.span
        for index in limits.indices {
            let subject: LimitIdentity.Subject
            switch limits[index].dimension {
            case .client: subject = .client(client.limitKey)
            case .caller:
                guard let caller else { continue }
                subject = .name(caller.name)
            case .origin: subject = .origin(origin)
            case .session: subject = .name(name)
            case .all: subject = .everybody
            }
            checks.append(LimitCheck(limits[index].rule, LimitIdentity(subject, of: limits[index].session)))
        }
        return checks
    }
}

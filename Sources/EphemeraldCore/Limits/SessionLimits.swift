package import Sessions

/// The limits of the settings, one a dimension; nil is off.
package struct RateLimits: Hashable, Sendable {
    /// For one client address (IPv6: one /64).
    package var client: RateLimit?
    /// For one caller; nothing to count where nobody is asked who he is.
    package var caller: RateLimit?
    /// For the pages of one origin; requests without one count as one.
    package var origin: RateLimit?
    /// For one session.
    package var session: RateLimit?
    /// For everybody together.
    package var all: RateLimit?

    /// All of them off, but those that are named.
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

/// The limits on requests for one session, worked out when the rules are loaded: what its file says, else the settings.
struct SessionLimits: Sendable {
    /// A limit, without whom it counts.
    private struct Limit {
        let policy: LimitPolicy
        /// The session that it counts for alone; nil for a limit of the settings, which all of them share.
        let session: String?

        /// The limit of the settings, or what the session file says instead; nil when it is off.
        init?(_ dimension: LimitDimension, _ setting: RateLimit?, or own: Access.Limit?, of session: String) {
            switch own {
            case nil:
                guard let setting else { return nil }
                self.init(policy: LimitPolicy(dimension, setting), session: nil)
            case .off: return nil
            case .rate(let limit): self.init(policy: LimitPolicy(dimension, limit), session: session)
            }
        }

        init(policy: LimitPolicy, session: String?) {
            (self.policy, self.session) = (policy, session)
        }
    }

    private let name: String
    private let client: Limit?
    private let caller: Limit?
    private let origin: Limit?
    private let session: Limit?
    private let all: Limit?
    /// What `RateLimit-Policy` says to a caller, and to a client that nobody has named.
    private let policyFields: (named: String, unnamed: String)

    init(_ session: Session, settings: RateLimits) {
        let (own, name) = (session.access.limits, session.name)
        self.name = name
        client = Limit(.client, settings.client, or: own.client, of: name)
        caller = Limit(.caller, settings.caller, or: own.caller, of: name)
        origin = Limit(.origin, settings.origin, or: own.origin, of: name)
        self.session = Limit(.session, settings.session, or: own.session, of: name)
        // Not in the one count of everything: there a request under `1/h` would weigh an hour for every other session.
        all = Limit(.all, settings.all, or: own.all, of: name).map { limit in
            limit.session == nil ? limit : Limit(policy: LimitPolicy(.session, limit.policy.limit), session: name)
        }
        policyFields = (
            named: SessionLimits.field([client, caller, origin, self.session, all]),
            unnamed: SessionLimits.field([client, origin, self.session, all])
        )
    }

    private static func field(_ limits: [Limit?]) -> String {
        RateLimitFields.policy(limits.compactMap { $0?.policy })
    }

    /// What `RateLimit-Policy` says.
    /// - Parameter countsCaller: whether somebody has been named, whom the limit on callers counts.
    func policyField(countsCaller: Bool) -> String {
        countsCaller ? policyFields.named : policyFields.unnamed
    }

    /// What one request has to pass.
    func checks(client address: ClientAddress, caller name: Caller?, origin text: String?) -> LimitChecks {
        var checks = LimitChecks()
        if let client {
            checks.append(client.policy, LimitIdentity(.client(address.limitKey), of: client.session))
        }
        if let caller, let name { checks.append(caller.policy, LimitIdentity(.name(name.name), of: caller.session)) }
        if let origin { checks.append(origin.policy, LimitIdentity(.origin(text), of: origin.session)) }
        // The session's name is whom this limit counts, wherever it is written.
        if let session { checks.append(session.policy, LimitIdentity(.name(self.name))) }
        if let all { checks.append(all.policy, LimitIdentity(.everybody, of: all.session)) }
        return checks
    }
}

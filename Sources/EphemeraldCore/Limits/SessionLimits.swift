package import Sessions

/// The limits of the settings, one for each dimension; nil is off.
package struct RateLimits: Hashable, Sendable {
    /// For one client address (IPv6: one /64).
    package var client: RateLimit?
    /// For one caller; it has no effect where callers do not have to say who they are.
    package var caller: RateLimit?
    /// For the pages of one origin; requests without one count as one.
    package var origin: RateLimit?
    /// For one session.
    package var session: RateLimit?
    /// For all requests together.
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

/// The limits on requests for one session, worked out when the rules are loaded: what its file says, else the settings.
struct SessionLimits: Sendable {
    /// A limit, without whom it counts.
    private struct Limit {
        let rule: LimitRule
        /// The session that it counts for; nil for a limit of the settings, which all of them share.
        let session: String?

        /// The limit of the settings, or what the session file says instead; nil when it is off.
        init?(_ dimension: LimitDimension, _ setting: RateLimit?, or own: Access.Limit?, of session: String) {
            switch own {
            case nil:
                guard let setting else { return nil }
                self.init(rule: LimitRule(dimension, setting), session: nil)
            case .off: return nil
            case .rate(let limit): self.init(rule: LimitRule(dimension, limit), session: session)
            }
        }

        init(rule: LimitRule, session: String?) {
            (self.rule, self.session) = (rule, session)
        }
    }

    private let name: String
    private let client: Limit?
    private let caller: Limit?
    private let origin: Limit?
    private let session: Limit?
    private let all: Limit?
    /// The field `RateLimit-Policy` for a caller, and for a client without a name.
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
            limit.session == nil ? limit : Limit(rule: LimitRule(.session, limit.rule.limit), session: name)
        }
        policyFields = (
            named: SessionLimits.field([client, caller, origin, self.session, all]),
            unnamed: SessionLimits.field([client, origin, self.session, all])
        )
    }

    private static func field(_ limits: [Limit?]) -> String {
        RateLimitFields.policy(limits.compactMap { $0?.rule })
    }

    /// The field `RateLimit-Policy`.
    /// - Parameter countsCaller: whether there is a caller, whom the limit on callers counts.
    func policyField(countsCaller: Bool) -> String {
        countsCaller ? policyFields.named : policyFields.unnamed
    }

    /// What one request has to pass.
    func checks(client address: ClientAddress, caller name: Caller?, origin text: String?) -> LimitChecks {
        var checks = LimitChecks()
        if let client {
            checks.append(LimitCheck(client.rule, LimitIdentity(.client(address.limitKey), of: client.session)))
        }
        if let caller, let name {
            checks.append(LimitCheck(caller.rule, LimitIdentity(.name(name.name), of: caller.session)))
        }
        if let origin { checks.append(LimitCheck(origin.rule, LimitIdentity(.origin(text), of: origin.session))) }
        // The session's name is whom this limit counts, wherever it is written.
        if let session { checks.append(LimitCheck(session.rule, LimitIdentity(.name(self.name)))) }
        if let all { checks.append(LimitCheck(all.rule, LimitIdentity(.everybody, of: all.session))) }
        return checks
    }
}

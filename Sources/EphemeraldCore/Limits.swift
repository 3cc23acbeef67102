import HTTP
import Sessions

/// How often and how much: the settings, and what a session file says instead.
extension TokenService {
    /// What an admitted request goes on with.
    struct Admitted {
        /// They tell the client how it stands.
        let fields: Fields
        /// To be given back when no token comes of it.
        let taken: QuotaReceipt
    }

    /// Counts the request under every limit and quota that applies, or refuses it under the limit with the longest wait.
    /// - Parameter caller: nil when nobody is asked who he is; then nothing that counts callers applies.
    func admit(
        _ client: ClientAddress, _ caller: Caller?, origin: String?, to session: Session
    ) async throws(Refusal) -> Admitted {
        let checks = limits(on: client, caller, origin: origin, to: session)
        let quotas = rules.quotas.checks(caller: caller?.loggableName, session: session.name)
        switch await admission.admit(AdmissionClaim(limits: checks, quotas: quotas)) {
        case .limited(let standing):
            let who: String =
                switch standing.policy.dimension {
                case .client: client.description
                case .caller: caller?.loggableName ?? ""
                case .origin: origin ?? "no origin"
                case .session: session.name
                case .all: "everybody"
                }
            limitReached(LimitReached(standing, who: who, key: checks.key(of: standing.policy)))
            throw .rateLimited(standing)
        case .exhausted(let exhaustion):
            let identity = exhaustion.check.identity
            limitReached(LimitReached(exhaustion, who: identity.isEmpty ? "everybody" : identity))
            throw .quotaExhausted(exhaustion)
        case .unavailable: throw .limitsUnavailable
        case .admitted(nil, let taken): return Admitted(fields: [:], taken: taken)
        case .admitted(let standing?, let taken):
            let fields: Fields = [
                "RateLimit-Policy": RateLimitFields.policy(checks.policies),
                "RateLimit": RateLimitFields.rateLimit(standing),
            ]
            return Admitted(fields: fields, taken: taken)
        }
    }

    private func limits(
        on client: ClientAddress, _ caller: Caller?, origin: String?, to session: Session
    ) -> LimitChecks {
        let own = session.access.limits
        let name = session.name
        var checks = LimitChecks()
        checks.append(.client, rules.limits.client, or: own.client, of: name, .client(client.limitKey))
        if let caller { checks.append(.caller, rules.limits.caller, or: own.caller, of: name, .name(caller.name)) }
        checks.append(.origin, rules.limits.origin, or: own.origin, of: name, .origin(origin))
        // The session's name is whom this limit counts, wherever it is written.
        switch own.session {
        case nil: checks.append(rules.limits.session.map { LimitPolicy(.session, $0) }, LimitIdentity(.name(name)))
        case .off: break
        case .rate(let limit): checks.append(LimitPolicy(.session, limit), LimitIdentity(.name(name)))
        }
        switch own.all {
        case nil: checks.append(rules.limits.all.map { LimitPolicy(.all, $0) }, LimitIdentity(.everybody))
        case .off: break
        // Not in the one count of everything: there a request under `1/h` would weigh an hour for every other session.
        case .rate(let limit):
            checks.append(LimitPolicy(.session, limit), LimitIdentity(.everybody, of: name))
        }
        return checks
    }
}

extension LimitChecks {
    /// Adds the limit of the settings, or what the session file says instead, which counts for that session alone.
    fileprivate mutating func append(
        _ dimension: LimitDimension, _ setting: RateLimit?, or own: Access.Limit?, of session: String,
        _ subject: LimitIdentity.Subject
    ) {
        switch own {
        case nil: append(setting.map { LimitPolicy(dimension, $0) }, LimitIdentity(subject))
        case .off: break
        case .rate(let limit): append(LimitPolicy(dimension, limit), LimitIdentity(subject, of: session))
        }
    }
}

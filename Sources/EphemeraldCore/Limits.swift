import HTTP
import Locking
import Sessions

/// How often: the settings, and what a session file says instead.
extension TokenService {
    /// Counts the request under every limit that applies, or refuses it under the one with the longest wait.
    /// - Returns: the fields that tell the client how it stands.
    func admit(_ client: ClientAddress, origin: String?, to session: Session) throws(Refusal) -> Fields {
        let own = session.access.limits
        let name = session.name
        var checks = LimitChecks()
        switch own.client {
        case nil: checks.append(rules.limits.client.map { LimitPolicy(.client, $0) }, client.limitKey)
        case .off: break
        case .rate(let limit): checks.append(LimitPolicy(.client, limit), OfSession(name, client.limitKey))
        }
        if case .rate(let limit) = own.origin { checks.append(LimitPolicy(.origin, limit), OfSession(name, origin)) }
        if case .rate(let limit) = own.session { checks.append(LimitPolicy(.session, limit), name) }
        switch own.all {
        case nil: checks.append(rules.limits.all.map { LimitPolicy(.all, $0) }, 0)
        case .off: break
        // Not in the one count of everything: there a request under `1/h` would weigh an hour for every other session.
        case .rate(let limit): checks.append(LimitPolicy(.session, limit), OfSession(name, "all"))
        }

        let now = surroundings.monotonicNanoseconds()
        switch limiter.withLock({ $0.admit(checks, now: now) }) {
        case .refused(let standing): throw .rateLimited(standing)
        case .admitted(nil): return [:]
        case .admitted(let standing?):
            return [
                "RateLimit-Policy": RateLimitFields.policy(checks.policies),
                "RateLimit": RateLimitFields.rateLimit(standing),
            ]
        }
    }

    /// A limit of one session counts apart from the same limit of another.
    private struct OfSession<Identity: Hashable>: Hashable {
        let session: String
        let identity: Identity

        init(_ session: String, _ identity: Identity) {
            self.session = session
            self.identity = identity
        }
    }
}

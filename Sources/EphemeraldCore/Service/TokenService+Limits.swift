import HTTP
import Sessions

/// The step that counts a request: under the limits and quotas of the settings, or of its session where the file has
/// its own.
extension TokenService {
    /// What an admitted request goes on with.
    struct Admitted {
        /// They tell the client how it stands.
        let fields: Fields
        /// To be given back when no token comes of it.
        let taken: QuotaReceipt
    }

    /// Counts the request under every limit and quota that applies, or refuses it under the limit with the longest wait.
    /// - Parameter line: whose caller is nil when nobody is asked who he is; then nothing that counts callers applies.
    func admit(_ line: UsageLine, origin: String?, to offered: OfferedSession) async throws(Refusal) -> Admitted {
        let (client, caller, name) = (line.client, line.caller, offered.session.name)
        let checks = offered.limits.checks(client: client, caller: caller, origin: origin)
        let quotas = rules.quotas.checks(caller: caller?.loggableName, session: name)
        switch await admission.admit(AdmissionClaim(limits: checks, quotas: quotas)) {
        case .limited(let standing):
            let who: String =
                switch standing.policy.dimension {
                case .client: client.description
                case .caller: caller?.loggableName ?? ""
                case .origin: origin ?? "no origin"
                case .session: name
                case .all: "everybody"
                }
            limitReached(LimitReached(standing, who: who, key: checks.key(of: standing.policy)), line.requestID)
            throw .rateLimited(standing)
        case .exhausted(let exhaustion):
            let identity = exhaustion.check.identity
            limitReached(LimitReached(exhaustion, who: identity.isEmpty ? "everybody" : identity), line.requestID)
            throw .quotaExhausted(exhaustion)
        case .unavailable: throw .limitsUnavailable
        case .admitted(nil, let taken): return Admitted(fields: [:], taken: taken)
        case .admitted(let standing?, let taken):
            let fields: Fields = [
                "RateLimit-Policy": offered.limits.policyField(countsCaller: caller != nil),
                "RateLimit": RateLimitFields.rateLimit(standing),
            ]
            return Admitted(fields: fields, taken: taken)
        }
    }
}

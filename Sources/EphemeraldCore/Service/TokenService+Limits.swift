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
    /// - Parameter caller: nil where nobody has to say who they are; then no limit on callers applies.
    func admit(
        _ context: RequestContext, from origin: String?, _ caller: Caller?, to offered: OfferedSession
    ) async throws(Refusal) -> Admitted {
        let checks = offered.limits.checks(client: context.client, caller: caller, origin: origin)
        let quotas = rules.quotas.checks(caller: caller?.loggableName, session: offered.session.name)
        switch await common.admission.admit(AdmissionClaim(limits: checks, quotas: quotas)) {
        case .refused(let reached):
            report(.limitReached(reached), context)
            throw reached.refusal
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

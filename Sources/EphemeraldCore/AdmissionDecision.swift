/// What limits and quotas say about a request.
package enum AdmissionDecision: Sendable {
    /// All of them admit the request, and it is counted.
    /// - Parameters:
    ///   - closest: how the limit stands that admits the fewest further requests; nil when none is in force.
    ///   - taken: what to give back when no token comes of it.
    case admitted(closest: LimitStanding?, taken: QuotaReceipt)
    /// A limit does not admit it.
    case limited(LimitStanding)
    /// A quota does not admit it.
    case exhausted(QuotaExhaustion)
    /// Nobody can say: what counts is away, and nothing stands in for it.
    case unavailable
}

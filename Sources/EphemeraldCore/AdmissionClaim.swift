/// What a request has to pass: all of it, or none of it counts the request.
package struct AdmissionClaim: Sendable {
    /// Each with whom it counts.
    package let limits: LimitChecks
    /// In the order in which they are looked at.
    package let quotas: [QuotaCheck]

    /// Empty checks are passed by every request.
    package init(limits: LimitChecks, quotas: [QuotaCheck]) {
        self.limits = limits
        self.quotas = quotas
    }
}

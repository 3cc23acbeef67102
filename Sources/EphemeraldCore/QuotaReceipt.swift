package import Sessions

/// What was taken from the quotas for one request, and on which day.
package struct QuotaReceipt: Hashable, Sendable {
    /// The quotas that counted the request.
    package let checks: [QuotaCheck]
    /// In UTC.
    package let day: Day
    /// Whether it was taken from what several processes share.
    package let isShared: Bool
    /// Whether it was taken from the memory of this process; both may be true.
    package let isLocal: Bool

    /// By default taken from the memory of this process alone.
    package init(checks: [QuotaCheck], day: Day, isShared: Bool = false, isLocal: Bool = true) {
        self.checks = checks
        self.day = day
        self.isShared = isShared
        self.isLocal = isLocal
    }
}

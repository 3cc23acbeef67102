/// A quota that admits no more today.
package struct QuotaExhaustion: Hashable, Sendable {
    /// The first that refuses.
    package let check: QuotaCheck
    /// Until the next day begins in UTC.
    package let wait: Duration
    /// Whether there is only no place left to count in.
    package let isFull: Bool

    /// From what the ledger or Redis has found; `wait` is at most a day.
    package init(check: QuotaCheck, wait: Duration, isFull: Bool) {
        self.check = check
        self.wait = wait
        self.isFull = isFull
    }
}

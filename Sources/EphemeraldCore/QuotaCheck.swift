/// One quota that a request has to pass, and whom it counts.
package struct QuotaCheck: Hashable, Sendable {
    /// What it counts by.
    package let dimension: QuotaDimension
    /// Tokens a day.
    package let allowance: Int
    /// The caller's or the session's name; empty for everybody.
    package let identity: String

    /// An allowance of 0 refuses everything.
    package init(_ dimension: QuotaDimension, allowance: Int, identity: String) {
        self.dimension = dimension
        self.allowance = allowance
        self.identity = identity
    }
}

/// Why a mint failed: what the browser is told, and what the log gets.
package struct MintFailure: Error, Sendable {
    /// What the browser is told.
    package let refusal: Refusal
    /// What the log gets; nil when the upstream was not asked.
    package let report: UpstreamReport?
}

/// Decides which requests have a span: the samplers of the OpenTelemetry SDK that `OTEL_TRACES_SAMPLER` names.
package struct TraceSampler: Hashable, Sendable {
    /// Whether a trace that was begun elsewhere keeps the decision that was made there.
    let followsParent: Bool
    /// Of 2^56 traces as many are sampled, by the random part of their ids (W3C Trace Context Level 2, section 3.2.2.4).
    private let threshold: UInt64

    /// - Parameters:
    ///   - followsParent: whether a trace that was begun elsewhere keeps the decision that was made there.
    ///   - ratio: the part of all other traces that is sampled, 0 to 1; others trap.
    package init(followsParent: Bool, ratio: Double) {
        precondition((0...1).contains(ratio), "a part of the traces")
        self.followsParent = followsParent
        threshold = UInt64(ratio * 0x1p56)
    }

    /// Whether the trace is sampled. The last 56 bits of its id count as random.
    func samples(_ traceID: UInt128, parentIsSampled: Bool?) -> Bool {
        if followsParent, let parentIsSampled { return parentIsSampled }
        if threshold == 1 << 56 { return true }
        return UInt64(truncatingIfNeeded: traceID) & (1 << 56 - 1) < threshold
    }
}

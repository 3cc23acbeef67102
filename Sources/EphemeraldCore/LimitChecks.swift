/// The limits that one request has to pass, eight at most, without memory of their own. A limit that is off is not
/// among them and costs nothing.
package struct LimitChecks: Sendable {
    /// The most that one request has to pass.
    package static let capacity = 8

    private var checks: InlineArray<8, LimitCheck?> = InlineArray(repeating: nil)
    /// How many are in force.
    package private(set) var count = 0

    /// None: every request passes.
    package init() {}

    /// Adds a limit. The order decides which of two equally close limits an answer names.
    package mutating func append(_ policy: LimitPolicy, _ identity: LimitIdentity) {
        precondition(count < LimitChecks.capacity, "a request has to pass eight limits at most")
        checks[count] = LimitCheck(policy, identity)
        count += 1
    }

    /// The key that the policy counts by in these checks; 0 when it is not among them.
    func key(of policy: LimitPolicy) -> UInt64 {
        for index in 0..<count where checks[index]?.policy == policy { return checks[index]?.key ?? 0 }
        return 0
    }

    subscript(index: Int) -> LimitCheck? { checks[index] }
}

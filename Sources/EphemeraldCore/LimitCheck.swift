/// One limit that a request has to pass: a policy, and whom it counts.
package struct LimitCheck: Hashable, Sendable {
    /// The limit.
    package let policy: LimitPolicy
    /// Whom it counts.
    package let identity: LimitIdentity
    /// Never 0, which marks an empty entry of the table.
    let key: UInt64

    /// The key is SipHash under a key of this process (`Hasher`), so that nobody can choose identities that collide.
    package init(_ policy: LimitPolicy, _ identity: LimitIdentity) {
        self.policy = policy
        self.identity = identity
        var hasher = Hasher()
        hasher.combine(policy.dimension)
        hasher.combine(identity)
        key = max(1, UInt64(bitPattern: Int64(hasher.finalize())))
    }
}

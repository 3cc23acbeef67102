/// How a limit stands for one client at one moment.
package struct LimitStanding: Hashable, Sendable {
    package let policy: LimitPolicy
    /// Requests that would be admitted at once.
    package let remaining: Int
    /// Until one request more than `remaining` would be admitted.
    package let wait: Duration

    package init(policy: LimitPolicy, remaining: Int, wait: Duration) {
        self.policy = policy
        self.remaining = remaining
        self.wait = wait
    }
}

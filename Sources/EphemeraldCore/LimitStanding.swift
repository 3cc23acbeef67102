/// How a limit stands for one client at one moment.
package struct LimitStanding: Hashable, Sendable {
    /// The limit that stands so.
    package let policy: LimitPolicy
    /// Requests that would be admitted at once.
    package let remaining: Int
    /// Until one request more than `remaining` would be admitted.
    package let wait: Duration

    /// Neither number is negative; this is not checked.
    package init(policy: LimitPolicy, remaining: Int, wait: Duration) {
        self.policy = policy
        self.remaining = remaining
        self.wait = wait
    }
}

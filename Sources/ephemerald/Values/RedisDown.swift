/// What happens to requests while Redis is away.
package enum RedisDown: String, CaseIterable, Sendable {
    /// Each process counts for itself.
    case local
    /// They are refused.
    case refuse
}

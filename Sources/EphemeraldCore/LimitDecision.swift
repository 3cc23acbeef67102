/// What the limiter says about a request.
package enum LimitDecision: Hashable, Sendable {
    /// All limits admit the request, and it is counted.
    /// - Parameter closest: how the limit stands that admits the fewest further requests; nil when none is in force.
    case admitted(closest: LimitStanding?)
    /// A limit does not admit the request, and no limit has counted it.
    /// - Parameter standing: the limit with the longest wait, which is how long all of them take.
    case refused(by: LimitStanding)
}

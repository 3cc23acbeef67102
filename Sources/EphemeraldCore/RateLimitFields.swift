/// The numbers that a limited answer carries.
package enum RateLimitFields {
    /// A duration in whole seconds, rounded up, so that who waits that long does not come too early (RFC 9110
    /// section 10.2.3).
    package static func wholeSeconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return attoseconds > 0 ? seconds + 1 : seconds
    }
}

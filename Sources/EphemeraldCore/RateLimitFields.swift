import Sessions

/// The fields that tell a client about its limits: draft-ietf-httpapi-ratelimit-headers-11, in structured fields
/// (RFC 9651), and `Retry-After` (RFC 9110 section 10.2.3).
package enum RateLimitFields {
    /// `RateLimit-Policy: "client";q=10;w=60, "all";q=600;w=60`: what is in force; it does not change between requests.
    package static func policy(_ policies: [LimitPolicy]) -> String {
        policies.map { policy in
            "\"\(policy.dimension.rawValue)\";q=\(policy.limit.count);w=\(policy.limit.window.components.seconds)"
        }.joined(separator: ", ")
    }

    /// `RateLimit: "client";r=0;t=6`: requests that would be admitted at once, and seconds until there is one more.
    package static func rateLimit(_ standing: LimitStanding) -> String {
        "\"\(standing.policy.dimension.rawValue)\";r=\(standing.remaining);t=\(wholeSeconds(standing.wait))"
    }

    /// A duration in whole seconds, rounded up, so that who waits that long does not come too early.
    package static func wholeSeconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return attoseconds > 0 ? seconds + 1 : seconds
    }
}

import JSON
package import Sessions

/// A rate limit, with what it counts by, the numbers that the limiter computes with, and the texts that answers have. It
/// is made when the rules are loaded.
///
/// GCRA keeps one time stamp for each key, the theoretical arrival time: when the bucket is full again. A request
/// moves it on by the increment; it is admitted while the time stays within the capacity from now. That equals a token
/// bucket.
package final class LimitRule: Sendable {
    /// What it counts by.
    package let dimension: LimitDimension
    /// What is written in the setting.
    package let limit: RateLimit
    /// Nanoseconds that one request costs: window / count, rounded up, so that never more than `count` go through.
    let increment: UInt64
    /// Nanoseconds that a full bucket holds: increment * burst, at most 3.6e18.
    let capacity: UInt64
    /// A hash of the dimension, for this process.
    let dimensionHash: Int
    /// The field `RateLimit-Policy` of a request that this limit refuses: `"client";q=10;w=60`.
    let policyField: String
    /// The field `RateLimit` up to the number of requests: `"client";r=`.
    fileprivate let standingField: [UInt8]

    /// Cannot overflow: `RateLimit` bounds count, window and burst.
    package init(_ dimension: LimitDimension, _ limit: RateLimit) {
        self.dimension = dimension
        self.limit = limit
        increment = (limit.window.nanoseconds + UInt64(limit.count) - 1) / UInt64(limit.count)
        capacity = increment * UInt64(limit.burst)
        dimensionHash = dimension.hashValue
        policyField = "\"\(dimension.rawValue)\";q=\(limit.count);w=\(limit.window.components.seconds)"
        standingField = Array("\"\(dimension.rawValue)\";r=".utf8)
    }
}

extension LimitRule: Hashable, CustomStringConvertible {
    /// The dimension and the limit: `client 10/min`.
    package var description: String { "\(dimension.rawValue) \(limit)" }

    /// Whether dimension and limit are the same.
    package static func == (left: LimitRule, right: LimitRule) -> Bool {
        left === right || left.dimension == right.dimension && left.limit == right.limit
    }

    /// Hashes dimension and limit.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(dimensionHash)
        hasher.combine(limit)
    }
}

/// What a limit counts by.
package enum LimitDimension: String, Hashable, Sendable, CaseIterable {
    /// The client's address: IPv4 whole, IPv6 by /64.
    case client
    /// The caller, once they have proved who they are.
    case caller
    /// The page's origin.
    case origin
    /// The requested session.
    case session
    /// All requests together.
    case all

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .client: "This client has sent too many requests."
        case .caller: "This caller has sent too many requests."
        case .origin: "The pages of this origin have sent too many requests."
        case .session: "This session has been requested too often."
        case .all: "The service has received too many requests."
        }
    }
}

/// The fields that inform a client about its limits: draft-ietf-httpapi-ratelimit-headers-11, in structured fields
/// (RFC 9651), and `Retry-After` (RFC 9110 section 10.2.3).
package enum RateLimitFields {
    /// `RateLimit-Policy: "client";q=10;w=60, "all";q=600;w=60`: what is in force; it does not change between requests.
    package static func policy(_ rules: [LimitRule]) -> String {
        rules.map(\.policyField).joined(separator: ", ")
    }

    /// `RateLimit: "client";r=0;t=6`: requests that would be admitted at once, and seconds until there is one more.
    package static func rateLimit(_ standing: LimitStanding) -> String {
        var text = standing.rule.standingField
        text.append(digitsOf: standing.remaining)
        text += ";t=".utf8
        text.append(digitsOf: Int(wholeSeconds(standing.wait)))
        return String(decoding: text, as: UTF8.self)
    }

    /// A duration in whole seconds, rounded up, so that a client that waits that long does not come too early.
    package static func wholeSeconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return attoseconds > 0 ? seconds + 1 : seconds
    }
}

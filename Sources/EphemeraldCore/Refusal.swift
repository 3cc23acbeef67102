package import HTTP

/// Why a request is refused. Status, code and words hang on it by exhaustive switches, so that a new case does not
/// compile until all of them are decided.
package enum Refusal: Error, Hashable, Sendable {
    /// The page's origin is not on the allow-list, or the request names more than one origin, or none that can be read.
    case originNotAllowed
    /// The origin is on the allow-list but not among those that the session names.
    case originNotAllowedForSession
    /// There is no `Origin` field, and the setting asks for one.
    case originMissing
    /// A limit is spent.
    /// - Parameter retryAfter: until the request would be admitted, if nobody else takes the place.
    case rateLimited(LimitDimension, retryAfter: Duration)

    package var status: Status {
        switch self {
        case .originNotAllowed, .originNotAllowedForSession, .originMissing: .forbidden
        case .rateLimited: .tooManyRequests
        }
    }

    /// The name of the refusal for programs; it is documented and does not change.
    package var code: String {
        switch self {
        case .originNotAllowed: "origin_not_allowed"
        case .originNotAllowedForSession: "origin_not_allowed_for_session"
        case .originMissing: "origin_missing"
        case .rateLimited: "rate_limited"
        }
    }

    /// The same for every occurrence of the refusal (RFC 9457 section 3.1.3).
    package var title: String {
        switch self {
        case .originNotAllowed: "Origin not allowed"
        case .originNotAllowedForSession: "Origin not allowed for this session"
        case .originMissing: "Origin missing"
        case .rateLimited: "Too many requests"
        }
    }

    /// A sentence for whoever debugs the page.
    package var detail: String {
        switch self {
        case .originNotAllowed: "The origin of this page is not on the list of allowed origins."
        case .originNotAllowedForSession:
            "The session names the origins that may use it, and this page's is not among them."
        case .originMissing: "The request has no Origin field, and requests without one are not allowed."
        case .rateLimited(let dimension, let retryAfter):
            "\(dimension.detail) Try again in \(RateLimitFields.wholeSeconds(retryAfter)) s."
        }
    }
}

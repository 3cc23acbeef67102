package import HTTP

/// Why a request is refused. Status, code and words hang on it by exhaustive switches, so that a new case does not
/// compile until all of them are decided. None of the words comes from the upstream.
package enum Refusal: Error, Hashable, Sendable {
    /// The request cannot be told from its neighbours, or is not HTTP; the text says how.
    case malformed(String)
    /// Request line and fields together have more than so many bytes.
    case headTooLarge(limit: Int)
    /// The body has more than so many bytes.
    case bodyTooLarge(limit: Int)
    /// Nothing is served at the path.
    case notFound
    /// - Parameter allowed: the field `Allow`.
    case methodNotAllowed(allowed: String)
    /// The page's origin is not on the allow-list, or the request names more than one origin, or none that can be read.
    case originNotAllowed
    /// The origin is on the allow-list but not among those that the session names.
    case originNotAllowedForSession
    /// There is no `Origin` field, and the setting asks for one.
    case originMissing
    /// A preflight asks for more than is allowed: another origin, method or header field. The browser gets a bare 403.
    case preflightRefused
    /// The request carries nothing that proves who is calling, and somebody unknown may not.
    case authenticationRequired
    /// What the request carries proves nothing. The caller is not told why; of a token, the log is.
    case authenticationFailed(TokenFlaw?)
    /// The keys that tokens are verified with cannot be fetched, so that nobody can be told from anybody.
    case keysUnavailable(retryAfter: Duration)
    /// The caller's token names the sessions that he may use, and this one is not among them.
    case sessionNotAllowed
    /// The body or the query is wrong.
    /// - Parameter path: the member: `overrides.audio.output.voice`; empty for the whole body.
    case invalidRequest(path: String, String)
    /// No session has that name, or it can be no name.
    case unknownSession
    /// A limit is spent; its standing says until when, if nobody else takes the place.
    case rateLimited(LimitReached)
    /// A quota of the day is used up.
    case quotaExhausted(LimitReached)
    /// The request would have been refused, and so many of this client's were before that they have no usage line.
    case tooManyRefusals(retryAfter: Duration)
    /// What counts limits and quotas for several processes is away, and the settings say to refuse then.
    case limitsUnavailable
    /// The operator has stopped all minting.
    case mintingPaused
    /// As many requests are under way upstream as the settings allow.
    case overloaded
    /// The daemon is about to end.
    case shuttingDown
    /// The upstream has failed so often that it is left alone for a while.
    case upstreamUnavailable(retryAfter: Duration)
    /// The upstream's own limit; the time is what it asks for.
    case upstreamRateLimited(retryAfter: Duration)
    /// The upstream does not accept any of our keys.
    case upstreamAuth
    /// The upstream's account is used up.
    case upstreamQuota
    /// The upstream refuses the session.
    case upstreamRejected
    /// The upstream has nothing at the address that was asked, or does not know the model.
    case upstreamNotFound
    /// The upstream cannot be reached, failed, or answered what cannot be read.
    case upstreamError
    /// The upstream did not answer in the time that a mint has with all its retries; it may have minted.
    case upstreamTimeout

    /// The status of the answer.
    package var status: Status {
        switch self {
        case .malformed, .invalidRequest: .badRequest
        case .authenticationRequired, .authenticationFailed: .unauthorized
        case .headTooLarge: .headerFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .notFound, .unknownSession: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .originNotAllowed, .originNotAllowedForSession, .originMissing, .preflightRefused, .sessionNotAllowed:
            .forbidden
        case .rateLimited, .quotaExhausted, .tooManyRefusals, .upstreamRateLimited: .tooManyRequests
        case .limitsUnavailable, .mintingPaused, .overloaded, .shuttingDown, .upstreamUnavailable, .keysUnavailable:
            .serviceUnavailable
        case .upstreamAuth, .upstreamQuota, .upstreamRejected, .upstreamNotFound, .upstreamError: .badGateway
        case .upstreamTimeout: .gatewayTimeout
        }
    }

    /// The name of the refusal for programs; it is documented and does not change.
    package var code: String {
        switch self {
        case .malformed: "bad_request"
        case .headTooLarge: "head_too_large"
        case .bodyTooLarge: "body_too_large"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .originNotAllowed, .originNotAllowedForSession, .originMissing: "origin_not_allowed"
        case .preflightRefused: "preflight_refused"
        case .authenticationRequired: "authentication_required"
        case .authenticationFailed: "authentication_failed"
        case .keysUnavailable: "keys_unavailable"
        case .sessionNotAllowed: "session_not_allowed"
        case .invalidRequest: "invalid_request"
        case .unknownSession: "unknown_session"
        case .rateLimited: "rate_limited"
        case .quotaExhausted: "quota_exhausted"
        case .tooManyRefusals: "too_many_refusals"
        case .limitsUnavailable: "limits_unavailable"
        case .mintingPaused: "minting_paused"
        case .overloaded: "overloaded"
        case .shuttingDown: "shutting_down"
        case .upstreamUnavailable: "upstream_unavailable"
        case .upstreamRateLimited: "upstream_rate_limited"
        case .upstreamAuth: "upstream_auth"
        case .upstreamQuota: "upstream_quota"
        case .upstreamRejected: "upstream_rejected"
        case .upstreamNotFound: "upstream_not_found"
        case .upstreamError: "upstream_error"
        case .upstreamTimeout: "upstream_timeout"
        }
    }

    /// How long to wait before another try has a chance; nil where waiting does not help.
    package var retryAfter: Duration? {
        switch self {
        case .rateLimited(let reached), .quotaExhausted(let reached): reached.wait
        case .upstreamUnavailable(let time), .upstreamRateLimited(let time), .keysUnavailable(let time),
            .tooManyRefusals(let time):
            time
        case .limitsUnavailable, .overloaded, .shuttingDown: .seconds(1)
        // Nobody knows; long enough that everybody together asks seldom.
        case .mintingPaused: .seconds(30)
        case .malformed, .headTooLarge, .bodyTooLarge, .notFound, .methodNotAllowed, .originNotAllowed,
            .originNotAllowedForSession, .originMissing, .preflightRefused, .authenticationRequired,
            .authenticationFailed, .sessionNotAllowed, .invalidRequest, .unknownSession, .upstreamAuth,
            .upstreamQuota, .upstreamRejected, .upstreamNotFound, .upstreamError, .upstreamTimeout:
            nil
        }
    }

    /// What the limit or quota that refused counts by; nil when it was neither.
    package var dimension: String? {
        switch self {
        case .rateLimited(let reached), .quotaExhausted(let reached): reached.dimension
        default: nil
        }
    }
}

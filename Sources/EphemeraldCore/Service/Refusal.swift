package import HTTP
import Text

/// Why a request is refused. Status, code and text are decided by exhaustive switches, so that a new case does not
/// compile until it has all of them. No part of the text comes from the upstream.
package enum Refusal: Error, Hashable, Sendable {
    /// The framing is ambiguous, or the request is not HTTP; the text says what is wrong.
    case malformed(String)
    /// The request line and the fields together have more than this many bytes.
    case headTooLarge(limit: Int)
    /// The body has more than this many bytes.
    case bodyTooLarge(limit: Int)
    /// Nothing is served at the path.
    case notFound
    /// - Parameter allowed: the field `Allow`.
    case methodNotAllowed(allowed: String)
    /// The page's origin is not in the list, or the request names more than one origin, or one that no browser sends.
    case originNotAllowed
    /// The origin is in the list, but not among those that the session names.
    case originNotAllowedForSession
    /// There is no `Origin` field, and the settings require one.
    case originMissing
    /// A preflight requests more than is allowed: another method or header field, or it has no readable origin. The
    /// browser gets an empty 403.
    case preflightRefused
    /// The request has no credentials, and they are required.
    case authenticationRequired
    /// The credentials are not valid. The caller does not learn why; the log has the flaw of a token.
    case authenticationFailed(TokenFlaw?)
    /// The keys that verify tokens cannot be fetched, so that no token can be accepted or refused.
    case keysUnavailable(retryAfter: Duration)
    /// The caller's token lists the sessions that they may use, and this one is not among them.
    case sessionNotAllowed
    /// The body or the query is wrong.
    /// - Parameter path: the member: `overrides.audio.output.voice`; empty for the whole body.
    case invalidRequest(path: String, String)
    /// No session has that name, or it cannot be a name.
    case unknownSession
    /// The session has no client secrets: the service creates its calls.
    case callRequired
    /// A limit is reached, or the table of limits is full.
    case rateLimited(LimitReached)
    /// A quota of the day is used up.
    case quotaExhausted(LimitReached)
    /// The request is refused for another reason, and so many of this client's were that they have no usage line.
    case tooManyRefusals(retryAfter: Duration)
    /// Redis, which counts for several processes, is away, and the settings say to refuse then.
    case limitsUnavailable
    /// The operator has paused minting.
    case mintingPaused
    /// As many mints are under way as the settings allow.
    case overloaded
    /// The daemon is shutting down.
    case shuttingDown
    /// The upstream has failed so often that it is not called for a while.
    case upstreamUnavailable(retryAfter: Duration)
    /// The upstream's own rate limit is reached; the time is the upstream's.
    case upstreamRateLimited(retryAfter: Duration)
    /// The upstream does not accept any of our keys.
    case upstreamAuth
    /// The upstream's account has no credit left.
    case upstreamQuota
    /// The upstream refuses the session.
    case upstreamRejected
    /// The upstream has nothing at the configured address, or does not know the model.
    case upstreamNotFound
    /// The upstream cannot be reached, failed, or sent an unreadable answer.
    case upstreamError
    /// The upstream did not answer within the time that a mint has with all its retries; it may have minted.
    case upstreamTimeout
}

extension Refusal {
    /// The status of the answer.
    package var status: Status { kind.status }

    /// The name of the refusal for programs; it is documented and does not change.
    package var code: String { kind.code }

    /// The title for people, the same for every occurrence of the refusal (RFC 9457 section 3.1.3).
    package var title: String { kind.title }

    private var kind: (status: Status, code: String, title: String) {
        switch self {
        case .malformed: (.badRequest, "bad_request", "Bad request")
        case .headTooLarge: (.headerFieldsTooLarge, "head_too_large", "Request head too large")
        case .bodyTooLarge: (.contentTooLarge, "body_too_large", "Request body too large")
        case .notFound: (.notFound, "not_found", "Not found")
        case .methodNotAllowed: (.methodNotAllowed, "method_not_allowed", "Method not allowed")
        case .originNotAllowed, .originMissing: (.forbidden, "origin_not_allowed", "Origin not allowed")
        case .originNotAllowedForSession:
            (.forbidden, "origin_not_allowed", "Origin not allowed for this session")
        case .preflightRefused: (.forbidden, "preflight_refused", "Preflight refused")
        case .authenticationRequired: (.unauthorized, "authentication_required", "Authentication required")
        case .authenticationFailed: (.unauthorized, "authentication_failed", "Authentication failed")
        case .keysUnavailable: (.serviceUnavailable, "keys_unavailable", "Verification keys unavailable")
        case .sessionNotAllowed: (.forbidden, "session_not_allowed", "Session not allowed")
        case .invalidRequest: (.badRequest, "invalid_request", "Invalid request")
        case .unknownSession: (.notFound, "unknown_session", "Unknown session")
        case .callRequired: (.conflict, "call_required", "Call required")
        case .rateLimited: (.tooManyRequests, "rate_limited", "Too many requests")
        case .quotaExhausted: (.tooManyRequests, "quota_exhausted", "Quota exhausted")
        case .tooManyRefusals: (.tooManyRequests, "too_many_refusals", "Too many refused requests")
        case .limitsUnavailable: (.serviceUnavailable, "limits_unavailable", "Rate limits unavailable")
        case .mintingPaused: (.serviceUnavailable, "minting_paused", "Minting paused")
        case .overloaded: (.serviceUnavailable, "overloaded", "Overloaded")
        case .shuttingDown: (.serviceUnavailable, "shutting_down", "Shutting down")
        case .upstreamUnavailable: (.serviceUnavailable, "upstream_unavailable", "Upstream unavailable")
        case .upstreamRateLimited: (.tooManyRequests, "upstream_rate_limited", "Upstream rate limit reached")
        case .upstreamAuth: (.badGateway, "upstream_auth", "Upstream refused the credentials of this service")
        case .upstreamQuota: (.badGateway, "upstream_quota", "Upstream quota exhausted")
        case .upstreamRejected: (.badGateway, "upstream_rejected", "Upstream rejected the session")
        case .upstreamNotFound: (.badGateway, "upstream_not_found", "Not found at the upstream")
        case .upstreamError: (.badGateway, "upstream_error", "Upstream error")
        case .upstreamTimeout: (.gatewayTimeout, "upstream_timeout", "Upstream timed out")
        }
    }

    /// A sentence for the developer of the page.
    package var detail: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .headTooLarge(let limit): "The request line and the header fields have more than \(limit) bytes."
        case .bodyTooLarge(let limit): "The request body has more than \(limit) bytes."
        case .notFound: "Nothing is served at this path."
        case .methodNotAllowed(let allowed): "This path supports only \(allowed)."
        case .originNotAllowed:
            "The origin of this page is not in the list of allowed origins. Scheme, host and port must all be equal: "
                + "http and https are different origins."
        case .originNotAllowedForSession:
            "The session lists the origins that may use it, and the origin of this page is not one of them."
        case .originMissing: "The request has no Origin field, and requests without one are not allowed."
        case .preflightRefused: "The origin, the method or a header field of this preflight is not allowed."
        case .authenticationRequired: "Authentication is required."
        case .authenticationFailed: "The credentials in this request are not valid."
        case .keysUnavailable: "The keys that verify tokens are not available at the moment. Try again."
        case .sessionNotAllowed: "This caller may not use this session."
        case .invalidRequest(let path, let message):
            path.isEmpty ? "The body \(message)." : "\(path.loggable(256)) \(message)."
        case .unknownSession: "There is no session with this name."
        case .callRequired: "This session has no tokens. The service creates its calls."
        case .rateLimited(let reached):
            "\(reached.detail) Try again in \(RateLimitFields.wholeSeconds(reached.wait)) s."
        case .quotaExhausted(let reached): "\(reached.detail) The next day begins at midnight UTC."
        case .tooManyRefusals(let time):
            "Too many requests were refused. The reason is given again in \(RateLimitFields.wholeSeconds(time)) s."
        case .limitsUnavailable: "The service cannot count requests at the moment. Try again."
        case .mintingPaused: "The operator has paused this service. Try again later."
        case .overloaded: "The service is handling as many requests as it can. Try again."
        case .shuttingDown: "The service is shutting down. Try again: another process answers."
        case .upstreamUnavailable: "The upstream has failed repeatedly and is not called at the moment. Try again."
        case .upstreamRateLimited: "The rate limit of the upstream is reached. Try again later."
        case .upstreamAuth: "The upstream does not accept the key of this service. The operator must act."
        case .upstreamQuota: "The upstream account of this service has no credit left. The operator must act."
        case .upstreamRejected: "The upstream does not accept this session. The operator's log has the reason."
        case .upstreamNotFound:
            "The upstream has nothing at the configured address, or does not know the model. The operator must act."
        case .upstreamError: "The upstream cannot be reached, failed, or sent an unreadable answer."
        case .upstreamTimeout: "The upstream did not answer in time."
        }
    }

    /// The time after which another attempt may succeed; nil where waiting does not help.
    package var retryAfter: Duration? {
        switch self {
        case .rateLimited(let reached), .quotaExhausted(let reached): reached.wait
        case .upstreamUnavailable(let time), .upstreamRateLimited(let time), .keysUnavailable(let time),
            .tooManyRefusals(let time):
            time
        case .limitsUnavailable, .overloaded, .shuttingDown: .seconds(1)
        // Nobody knows when; long enough that all clients together send few requests.
        case .mintingPaused: .seconds(30)
        case .malformed, .headTooLarge, .bodyTooLarge, .notFound, .methodNotAllowed, .originNotAllowed,
            .originNotAllowedForSession, .originMissing, .preflightRefused, .authenticationRequired,
            .authenticationFailed, .sessionNotAllowed, .invalidRequest, .unknownSession, .callRequired,
            .upstreamAuth, .upstreamQuota, .upstreamRejected, .upstreamNotFound, .upstreamError, .upstreamTimeout:
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

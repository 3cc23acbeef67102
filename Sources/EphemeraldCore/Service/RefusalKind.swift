import HTTP
import JSON

/// What all refusals of one case have in common, with the parts of their problem (RFC 9457) that are the same for every
/// request: made once, because a client that floods the service gets them.
final class RefusalKind: Sendable {
    /// The status of the answer.
    let status: Status
    /// The name of the refusal for programs.
    let code: String
    /// The title for people, the same for every occurrence of the refusal (RFC 9457 section 3.1.3).
    let title: String
    /// The sentence for the developer of the page; nil when it depends on the request.
    let detail: String?
    /// The problem up to its detail, or up to the id of the request when the detail is the same for all.
    let opening: [UInt8]
    /// What comes between the detail and the id of the request, where the opening ends before the detail.
    let middle: [UInt8]
    /// What follows the id of the request, up to the members that only some problems have.
    let ending: [UInt8]
    /// Status and code, as usage lines have them.
    let loggedStatus: UsageMembers
    let loggedCode: UsageMembers

    private init(_ status: Status, _ code: String, _ title: String, _ detail: String?) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        loggedStatus = .status(status.rawValue)
        loggedCode = .refusal(code)
        // Codes and titles need no escape.
        let type = #"{"type":"urn:ephemerald:problem:\#(code)","title":"\#(title)""#
        let beginning = Array(#"\#(type),"status":\#(status.rawValue),"detail":"#.utf8)
        let middle = Array(#","code":"\#(code)","request_id":""#.utf8)
        opening = detail.map { beginning + JSON.string($0).serialized() + middle } ?? beginning
        self.middle = middle
        ending = Array(#"","error":"\#(title)""#.utf8)
    }
}

/// The kinds, by the names of their cases.
extension RefusalKind {
    static let malformed = RefusalKind(.badRequest, "bad_request", "Bad request", nil)
    static let headTooLarge = RefusalKind(.headerFieldsTooLarge, "head_too_large", "Request head too large", nil)
    static let bodyTooLarge = RefusalKind(.contentTooLarge, "body_too_large", "Request body too large", nil)
    static let notFound = RefusalKind(.notFound, "not_found", "Not found", "Nothing is served at this path.")
    static let methodNotAllowed = RefusalKind(.methodNotAllowed, "method_not_allowed", "Method not allowed", nil)
    static let originNotAllowed = RefusalKind(
        .forbidden, "origin_not_allowed", "Origin not allowed",
        "The origin of this page is not in the list of allowed origins. Scheme, host and port must all "
            + "be equal: http and https are different origins.")
    static let originNotAllowedForSession = RefusalKind(
        .forbidden, "origin_not_allowed", "Origin not allowed for this session",
        "The session lists the origins that may use it, and the origin of this page is not one of them.")
    static let originMissing = RefusalKind(
        .forbidden, "origin_not_allowed", "Origin not allowed",
        "The request has no Origin field, and requests without one are not allowed.")
    static let preflightRefused = RefusalKind(
        .forbidden, "preflight_refused", "Preflight refused",
        "The origin, the method or a header field of this preflight is not allowed.")
    static let authenticationRequired = RefusalKind(
        .unauthorized, "authentication_required", "Authentication required",
        "Authentication is required.")
    static let authenticationFailed = RefusalKind(
        .unauthorized, "authentication_failed", "Authentication failed",
        "The credentials in this request are not valid.")
    static let keysUnavailable = RefusalKind(
        .serviceUnavailable, "keys_unavailable", "Verification keys unavailable",
        "The keys that verify tokens are not available at the moment. Try again.")
    static let sessionNotAllowed = RefusalKind(
        .forbidden, "session_not_allowed", "Session not allowed",
        "This caller may not use this session.")
    static let denied = RefusalKind(
        .forbidden, "denied", "Denied",
        "The operator of this service has denied access.")
    static let invalidRequest = RefusalKind(.badRequest, "invalid_request", "Invalid request", nil)
    static let unknownSession = RefusalKind(
        .notFound, "unknown_session", "Unknown session",
        "There is no session with this name.")
    static let callRequired = RefusalKind(
        .conflict, "call_required", "Call required",
        "This session has no tokens. The service creates its calls.")
    static let tokenRequired = RefusalKind(
        .conflict, "token_required", "Token required",
        "The service creates no calls of this session. Request a token.")
    static let unsupportedMediaType = RefusalKind(
        .unsupportedMediaType, "unsupported_media_type", "Unsupported media type",
        "The body must be application/sdp or application/json.")
    static let invalidOffer = RefusalKind(.badRequest, "invalid_offer", "Invalid SDP offer", nil)
    static let tooManyCalls = RefusalKind(.tooManyRequests, "too_many_calls", "Too many calls", nil)
    static let callNotFound = RefusalKind(
        .notFound, "call_not_found", "Call not found",
        "There is no call with this id.")
    static let callEnded = RefusalKind(.gone, "call_ended", "Call ended", nil)
    static let rateLimited = RefusalKind(.tooManyRequests, "rate_limited", "Too many requests", nil)
    static let quotaExhausted = RefusalKind(.tooManyRequests, "quota_exhausted", "Quota exhausted", nil)
    static let tooManyRefusals = RefusalKind(.tooManyRequests, "too_many_refusals", "Too many refused requests", nil)
    static let limitsUnavailable = RefusalKind(
        .serviceUnavailable, "limits_unavailable", "Rate limits unavailable",
        "The service cannot count requests at the moment. Try again.")
    static let mintingPaused = RefusalKind(
        .serviceUnavailable, "minting_paused", "Minting paused",
        "The operator has paused this service. Try again later.")
    static let overloaded = RefusalKind(
        .serviceUnavailable, "overloaded", "Overloaded",
        "The service is handling as many requests as it can. Try again.")
    static let shuttingDown = RefusalKind(
        .serviceUnavailable, "shutting_down", "Shutting down",
        "The service is shutting down. Try again: another process answers.")
    static let upstreamUnavailable = RefusalKind(
        .serviceUnavailable, "upstream_unavailable", "Upstream unavailable",
        "The upstream has failed repeatedly and is not called at the moment. Try again.")
    static let upstreamRateLimited = RefusalKind(
        .tooManyRequests, "upstream_rate_limited", "Upstream rate limit reached",
        "The rate limit of the upstream is reached. Try again later.")
    static let upstreamAuth = RefusalKind(
        .badGateway, "upstream_auth", "Upstream refused the credentials of this service",
        "The upstream does not accept the key of this service. The operator must act.")
    static let upstreamQuota = RefusalKind(
        .badGateway, "upstream_quota", "Upstream quota exhausted",
        "The upstream account of this service has no credit left. The operator must act.")
    static let upstreamRejected = RefusalKind(
        .badGateway, "upstream_rejected", "Upstream rejected the session",
        "The upstream does not accept this session. The operator's log has the reason.")
    static let upstreamNotFound = RefusalKind(
        .badGateway, "upstream_not_found", "Not found at the upstream",
        "The upstream has nothing at the configured address, or does not know the model. The operator must act.")
    static let upstreamError = RefusalKind(
        .badGateway, "upstream_error", "Upstream error",
        "The upstream cannot be reached, failed, or sent an unreadable answer.")
    static let upstreamTimeout = RefusalKind(
        .gatewayTimeout, "upstream_timeout", "Upstream timed out",
        "The upstream did not answer in time.")
}

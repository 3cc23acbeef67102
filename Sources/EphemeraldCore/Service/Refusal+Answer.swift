import HTTP
import JSON
import Text

/// The answer to a refused request: its text for people, and the response.
extension Refusal {
    /// The same for every occurrence of the refusal (RFC 9457 section 3.1.3).
    package var title: String {
        switch self {
        case .malformed: "Bad request"
        case .headTooLarge: "Request head too large"
        case .bodyTooLarge: "Body too large"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .originNotAllowed, .originMissing: "Origin not allowed"
        case .originNotAllowedForSession: "Origin not allowed for this session"
        case .preflightRefused: "Preflight refused"
        case .authenticationRequired: "Authentication required"
        case .authenticationFailed: "Authentication failed"
        case .keysUnavailable: "Keys unavailable"
        case .sessionNotAllowed: "Session not allowed"
        case .invalidRequest: "Invalid request"
        case .unknownSession: "Unknown session"
        case .rateLimited: "Too many requests"
        case .quotaExhausted: "Quota used up"
        case .tooManyRefusals: "Too many refusals"
        case .limitsUnavailable: "Limits unavailable"
        case .mintingPaused: "Minting paused"
        case .overloaded: "Overloaded"
        case .shuttingDown: "Shutting down"
        case .upstreamUnavailable: "Upstream unavailable"
        case .upstreamRateLimited: "Upstream rate limit reached"
        case .upstreamAuth: "Upstream refused our credentials"
        case .upstreamQuota: "Upstream quota used up"
        case .upstreamRejected: "Upstream rejected the session"
        case .upstreamNotFound: "Not found at the upstream"
        case .upstreamError: "Upstream error"
        case .upstreamTimeout: "Upstream timed out"
        }
    }

    /// A sentence for whoever debugs the page.
    package var detail: String {
        switch self {
        case .malformed(let reason): "The request cannot be taken: \(reason)."
        case .headTooLarge(let limit): "The request line and the header fields may have \(limit) bytes at most."
        case .bodyTooLarge(let limit): "The request body may have \(limit) bytes at most."
        case .notFound: "There is nothing at this path."
        case .methodNotAllowed(let allowed): "This path answers \(allowed)."
        case .originNotAllowed:
            "The origin of this page is not on the list of allowed origins. Scheme, host and port must all be the "
                + "same: http and https are different origins."
        case .originNotAllowedForSession:
            "The session names the origins that may use it, and this page's is not among them."
        case .originMissing: "The request has no Origin field, and requests without one are not allowed."
        case .preflightRefused: "The origin, the method or a header field of this preflight is not allowed."
        case .authenticationRequired: "This service wants to know who is calling."
        case .authenticationFailed: "What this request shows does not prove who is calling."
        case .keysUnavailable: "This service cannot fetch the keys that tokens are verified with."
        case .sessionNotAllowed: "The caller may use some sessions, and this is not one of them."
        case .invalidRequest(let path, let message):
            path.isEmpty ? "The body \(message)." : "\(path.loggable(256)) \(message)."
        case .unknownSession: "There is no session of that name."
        case .rateLimited(let reached):
            "\(reached.detail) Try again in \(RateLimitFields.wholeSeconds(reached.wait)) s."
        case .quotaExhausted(let reached): "\(reached.detail) The next day begins at midnight UTC."
        case .tooManyRefusals(let time):
            "This request is refused, as many requests of this client were before; the reason is given again in "
                + "\(RateLimitFields.wholeSeconds(time)) s."
        case .limitsUnavailable: "This service cannot count requests at the moment. Try again."
        case .mintingPaused: "The operator of this service has paused it. Try again later."
        case .overloaded: "This service is handling as many requests as it takes at once."
        case .shuttingDown: "The service is about to end. Try again, and another process answers."
        case .upstreamUnavailable: "The upstream has failed repeatedly and is left alone for a moment."
        case .upstreamRateLimited: "The upstream limits how many sessions are started."
        case .upstreamAuth: "The upstream does not accept the key of this service; its operator must act."
        case .upstreamQuota: "The upstream account of this service is used up; its operator must act."
        case .upstreamRejected: "The upstream does not accept this session; the operator's log says why."
        case .upstreamNotFound:
            "The upstream has nothing at the configured address, or does not know the model; the operator must act."
        case .upstreamError: "The upstream cannot be reached, failed, or answered what cannot be read."
        case .upstreamTimeout: "The upstream did not answer in time."
        }
    }

    /// The answer to a refused request: `application/problem+json` (RFC 9457), with our `code` and `request_id`, and
    /// the title once more as `error` for code written against simpler servers.
    func response(to requestID: RequestID) -> Response {
        // A browser reads nothing of it but that the preflight is refused.
        if case .preflightRefused = self { return Response(status, fields: ["Vary": OriginPolicy.preflightVary]) }
        var problem: JSONObject = [
            "type": .string("urn:ephemerald:problem:\(code)"),
            "title": .string(title),
            "status": .number(JSONNumber(status.rawValue)),
            "detail": .string(detail),
            "code": .string(code),
            "request_id": .string(requestID.description),
            "error": .string(title),
        ]
        if case .invalidRequest(let path, _) = self { problem["path"] = .string(path.loggable(256)) }
        var fields: Fields = ["Content-Type": "application/problem+json"]
        if let retryAfter { fields.append("Retry-After", String(max(1, RateLimitFields.wholeSeconds(retryAfter)))) }
        if case .rateLimited(let reached) = self, case .rate(let check) = reached.limit {
            let standing = LimitStanding(rule: check.rule, remaining: 0, wait: reached.wait)
            fields.append("RateLimit-Policy", RateLimitFields.policy([check.rule]))
            fields.append("RateLimit", RateLimitFields.rateLimit(standing))
        }
        if case .methodNotAllowed(let allowed) = self { fields.append("Allow", allowed) }
        if let challenge { fields.append("WWW-Authenticate", challenge) }
        return Response(status, fields: fields, body: JSON.object(problem).serialized())
    }

    /// What a 401 must carry (RFC 9110 section 15.5.2), in the words of RFC 6750 section 3.
    private var challenge: String? {
        switch self {
        case .authenticationRequired: #"Bearer realm="ephemerald""#
        case .authenticationFailed: #"Bearer realm="ephemerald", error="invalid_token""#
        default: nil
        }
    }
}

import HTTP
import JSON
import Sessions
import Text

/// The body of a minted answer.
enum TokenAnswer {
    /// `client_secret` is for browser code written for the beta interface, which read the secret there.
    ///
    /// The upstream's echo of the session has instructions and tools, with their secrets: it is passed on only for a
    /// session whose file has `"answer": "full"`.
    static func body(_ secret: ClientSecret, for session: Session, upstream: Upstream) -> [UInt8] {
        let value = JSON.string(secret.value.reveal())
        let expiresAt = JSON.number(JSONNumber(secret.expiresAt))
        var effective = secret.session?.objectValue ?? JSONObject()
        effective["id"] = secret.sessionID.map(JSON.string)
        effective["name"] = .string(session.name)
        effective["type"] = .string(session.kind.rawValue)
        effective["model"] = (secret.model ?? session.model).map(JSON.string)
        let answer: JSONObject = [
            "value": value,
            "expires_at": expiresAt,
            "client_secret": ["value": value, "expires_at": expiresAt],
            "session": .object(effective),
            "calls_url": .string(upstream.callsURL ?? "\(upstream.baseURL)/\(session.kind.callsPath)"),
        ]
        return JSON.object(answer).serialized()
    }
}

/// The response to a refused request.
extension Refusal {
    /// `application/problem+json` (RFC 9457), with `code` and `request_id`, and the title again as `error` for code
    /// written for simpler servers.
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

    /// The field `WWW-Authenticate`, which a 401 must have (RFC 9110 section 15.5.2), as RFC 6750 section 3 spells it.
    private var challenge: String? {
        switch self {
        case .authenticationRequired: #"Bearer realm="ephemerald""#
        case .authenticationFailed: #"Bearer realm="ephemerald", error="invalid_token""#
        default: nil
        }
    }
}

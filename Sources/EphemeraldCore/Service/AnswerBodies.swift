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
    static func body(_ secret: ClientSecret, for offered: OfferedSession) -> [UInt8] {
        let value = secret.value.reveal()
        var answer = JSONLine(reserving: 768)
        answer.append("value", value)
        answer.append("expires_at", secret.expiresAt)
        answer.append(object: "client_secret") { beta in
            beta.append("value", value)
            beta.append("expires_at", secret.expiresAt)
        }
        let model = secret.model ?? offered.session.model
        if let echo = secret.session?.objectValue {
            answer.append("session", .object(effective(echo, secret, model, for: offered.session)))
        } else {
            answer.append(object: "session") { effective in
                effective.append("id", secret.sessionID)
                effective.append(members: offered.answerNames)
                effective.append("model", model)
            }
        }
        answer.append(members: offered.answerEnding)
        return answer.object()
    }

    /// The upstream's echo, with the members that every answer has.
    private static func effective(
        _ echo: JSONObject, _ secret: ClientSecret, _ model: String?, for session: Session
    ) -> JSONObject {
        var effective = echo
        effective["id"] = secret.sessionID.map(JSON.string)
        effective["name"] = .string(session.name)
        effective["type"] = .string(session.kind.rawValue)
        effective["model"] = model.map(JSON.string)
        return effective
    }
}

/// The response to a refused request.
extension Refusal {
    /// `application/problem+json` (RFC 9457), with `code` and `request_id`, and the title again as `error` for code
    /// written for simpler servers.
    func response(to requestID: RequestID) -> Response {
        // A browser reads nothing of it but that the preflight is refused.
        if case .preflightRefused = self { return Response(status, fields: ["Vary": OriginPolicy.preflightVary]) }
        var fields = Fields()
        fields.reserveCapacity(8)
        fields.append("Content-Type", "application/problem+json")
        if let retryAfter { fields.append("Retry-After", String(max(1, RateLimitFields.wholeSeconds(retryAfter)))) }
        if case .rateLimited(let reached) = self, case .rate(let check) = reached.limit {
            let standing = LimitStanding(rule: check.rule, remaining: 0, wait: reached.wait)
            fields.append("RateLimit-Policy", check.rule.policyField)
            fields.append("RateLimit", RateLimitFields.rateLimit(standing))
        }
        if case .methodNotAllowed(let allowed) = self { fields.append("Allow", allowed) }
        if case .unsupportedMediaType = self { fields.append("Accept-Post", CallRequest.acceptedTypes) }
        if let challenge { fields.append("WWW-Authenticate", challenge) }
        return Response(status, fields: fields, body: problem(of: requestID))
    }

    private func problem(of requestID: RequestID) -> [UInt8] {
        let kind = kind
        var problem: [UInt8] = []
        problem.reserveCapacity(640)
        problem += kind.opening
        if kind.detail == nil {
            if let timedDetail {
                problem.append(UInt8(ascii: "\""))
                timedDetail.append(to: &problem)
                problem.append(UInt8(ascii: "\""))
            } else {
                problem += JSON.string(detail).serialized()
            }
            problem += kind.middle
        }
        problem += requestID.description.utf8
        problem += kind.ending
        if case .invalidRequest(let path, _) = self {
            problem += #","path":"#.utf8
            problem += JSON.string(path.loggable(256)).serialized()
        }
        if case .tooManyCalls(let dimension) = self { problem += #","dimension":"\#(dimension.rawValue)""#.utf8 }
        if case .callEnded(let reason) = self { problem += #","reason":"\#(reason.rawValue)""#.utf8 }
        problem.append(UInt8(ascii: "}"))
        return problem
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

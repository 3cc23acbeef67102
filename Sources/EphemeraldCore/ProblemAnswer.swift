package import HTTP
import JSON
import Sessions
import Text

extension Refusal {
    /// The answer to a refused request: `application/problem+json` (RFC 9457), with our `code` and `request_id`, and
    /// the title once more as `error` for code written against simpler servers.
    func response(to requestID: RequestID) -> Response {
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
        if case .rateLimited(let standing) = self {
            fields.append("RateLimit-Policy", RateLimitFields.policy([standing.policy]))
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

extension TokenService {
    /// The answer to a request that the end of the daemon cuts short, and its usage line. No step of the policy is taken,
    /// but a page that may ask can read the answer. A task that hangs over the same request has another request id.
    package func lastAnswer(to request: Request) -> Response {
        let isTrusted = rules.proxies.contains(request.peer)
        let requestID = RequestID(of: request, isTrusted: isTrusted, randomBits: surroundings.randomBits)
        var line = UsageLine(
            request, requestID: requestID, client: ClientAddress(of: request, behind: rules.proxies))
        line.route = TokenService.namedPaths.first { request.path == $0[...] }
        var response = Refusal.shuttingDown.response(to: requestID)
        addCommonFields(to: &response, for: request, refusedBy: .shuttingDown, requestID: requestID)
        conclude(
            line, with: response.status, refusal: .shuttingDown, isLogged: true,
            began: surroundings.monotonicNanoseconds())
        return response
    }
}

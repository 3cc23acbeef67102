package import HTTP
import JSON
import Sessions

/// The paths of the service, as they stand in a request line.
extension TokenService {
    /// Where tokens are minted.
    package static let tokenPath = "/api/realtime/token"
    /// Where liveness is asked for.
    package static let healthPath = "/api/health"
    /// Where readiness is asked for.
    package static let readinessPath = "/api/health/ready"

    /// Those that stand in a usage line as the route.
    static let namedPaths = [tokenPath, healthPath, readinessPath]
}

/// The parts of answers that no step of the policy decides.
extension TokenService {
    /// The fields of CORS on the token route, and what every answer carries.
    func addCommonFields(
        to response: inout Response, for request: Request, refusedBy refusal: Refusal?, requestID: RequestID
    ) {
        let isPreflight = request.method == .options && request.defect == nil
        if request.path == TokenService.tokenPath, !isPreflight {
            response.fields.append(contentsOf: rules.origins.responseFields(for: request, refusedBy: refusal))
        }
        if response.fields["Cache-Control"] == nil { response.fields.append("Cache-Control", "no-store") }
        response.fields.append("X-Content-Type-Options", "nosniff")
        response.fields.append("Referrer-Policy", "no-referrer")
        response.fields.append("X-Request-Id", requestID.description)
    }

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

/// The body of a minted answer.
enum TokenAnswer {
    /// `client_secret` is for browser code written for the beta interface, which read the secret there.
    ///
    /// The upstream's echo of the session holds instructions and tools, with their secrets: it is passed on only for a
    /// session whose file says `"answer": "full"`.
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

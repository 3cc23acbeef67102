package import HTTP
import JSON
import Locking
import Sessions

/// A stand-in for OpenAI. It checks a request as strictly as OpenAI does and answers with the same messages. It mints
/// secrets that are worth nothing, and creates calls that nobody can connect to.
package final class Sandbox: Sendable {
    /// The requests that it has answered.
    package struct Counts: Hashable, Sendable {
        /// Secrets minted.
        package var mints = 0
        /// Calls created.
        package var calls = 0
        /// Calls hung up.
        package var hangUps = 0
        /// Invalid requests that were refused; faults on demand do not count.
        package var refusals = 0
    }

    private let counts = Locked(Counts())
    private let calls: SandboxCalls
    private let latency: Duration
    private let fault: Fault?
    private let unixSeconds: @Sendable () -> Int
    private let sleep: @Sendable (Duration) async -> Void

    /// - Parameters:
    ///   - latency: the delay of every answer.
    ///   - fault: the fault of every answer; `SandboxServer` shows faults of the connection itself.
    package init(
        latency: Duration = .zero, fault: Fault? = nil, unixSeconds: @escaping @Sendable () -> Int,
        sleep: @escaping @Sendable (Duration) async -> Void
    ) {
        self.latency = latency
        self.fault = fault
        self.unixSeconds = unixSeconds
        self.sleep = sleep
        calls = SandboxCalls(drains: fault == .drains, unixSeconds: unixSeconds)
    }

    /// The counts at this moment.
    package var current: Counts { counts.withLock { $0 } }

    /// Answers `POST …/realtime/client_secrets`, the same for translations, `POST …/realtime/calls` of a server and
    /// `POST …/live/sessions`, the hang-up of such a call, `GET …/live/sessions/{id}/attach`, and `GET …/sandbox`, which
    /// reports the counts.
    package func respond(to request: Request) async -> Response {
        if request.method == .get, request.path.hasSuffix("/sandbox") { return report() }
        if request.path.hasSuffix("/calls"), Sandbox.isOfPage(request) { return refuseCall(request) }
        if latency > .zero { await sleep(latency) }
        if let answer = await faultyAnswer(to: request) { return answer }
        do throws(OpenAIError) {
            return try await answer(request)
        } catch {
            counts.withLock { $0.refusals += 1 }
            return error.response
        }
    }

    /// Whether a page sends an offer with its client secret; a server sends a form with its key.
    private static func isOfPage(_ request: Request) -> Bool {
        request.method == .options || request.fields["Content-Type"]?.hasPrefix("application/sdp") == true
    }

    private func answer(_ request: Request) async throws(OpenAIError) -> Response {
        guard let action = SandboxCalls.Action(request) else {
            let answer = try mint(request)
            counts.withLock { $0.mints += 1 }
            return answer
        }
        try checkKey(request)
        switch action {
        case .create(let kind):
            let answer = try calls.create(kind, request)
            counts.withLock { $0.calls += 1 }
            if fault == .noAnswerAfterCreate { await sleep(.seconds(60)) }
            return answer
        case .hangUp(let kind, let id):
            let answer = try calls.hangUp(kind, id)
            counts.withLock { $0.hangUps += 1 }
            return answer
        // The question whether a session is over is no invalid request, so it does not count.
        case .attach(let id): return calls.refuseToAttach(id).response
        }
    }

    /// Refuses a call with the CORS fields of OpenAI's own calls, so that the page can read and show the answer.
    private func refuseCall(_ request: Request) -> Response {
        var response = request.method == .options ? Response(.noContent) : OpenAIError.noCalls.response
        response.fields.append("Access-Control-Allow-Origin", "*")
        response.fields.append("Access-Control-Allow-Methods", "POST")
        response.fields.append("Access-Control-Allow-Headers", "authorization, content-type")
        return response
    }

    private func report() -> Response {
        let counts = current
        let body: JSONObject = [
            "mints": .number(JSONNumber(counts.mints)), "calls": .number(JSONNumber(counts.calls)),
            "hang_ups": .number(JSONNumber(counts.hangUps)), "refusals": .number(JSONNumber(counts.refusals)),
        ]
        return Response(.ok, fields: ["Content-Type": "application/json"], body: JSON.object(body).serialized())
    }

    private func faultyAnswer(to request: Request) async -> Response? {
        switch fault {
        case .hangUpFails where request.path.hasSuffix("/hangup"): return OpenAIError.usual(for: 500).response
        case .notFoundWithoutCode where request.path.hasSuffix("/hangup"):
            return Response(.notFound, body: Array("<html>404 Not Found</html>".utf8))
        case .status(let status): return OpenAIError.usual(for: status).response
        case .quota: return OpenAIError.quota.response
        case .notJSON: return Response(.ok, body: Array("<html>It works!</html>".utf8))
        case .huge: return Response(.ok, body: Array(repeating: UInt8(ascii: " "), count: 5_000_000))
        case .late:
            await sleep(.seconds(60))
            return nil
        case .refuse, .reset, .garbage, .slowHeaders, .noAnswerAfterCreate, .hangUpFails, .notFoundWithoutCode,
            .drains, nil:
            return nil
        }
    }

    private func mint(_ request: Request) throws(OpenAIError) -> Response {
        let isTranslation = request.path.hasSuffix("/realtime/translations/client_secrets")
        guard request.method == .post, isTranslation || request.path.hasSuffix("/realtime/client_secrets") else {
            throw OpenAIError(
                status: .notFound, type: "invalid_request_error", code: "unknown_url",
                message: "Invalid URL (\(request.method.rawValue) \(request.path))")
        }
        try checkHead(request)
        guard let body = try? JSON(parsing: request.body), body.objectValue != nil else {
            throw .invalidRequest("invalid_json", "We could not parse the JSON body of your request.")
        }
        let kind: SessionKind = isTranslation ? .translation : .realtime
        if let violation = Schema.violations(of: body, for: kind).first {
            throw .invalidRequest(violation.code, violation.message, param: violation.path)
        }
        return answer(to: body)
    }

    private func checkHead(_ request: Request) throws(OpenAIError) {
        try checkKey(request)
        guard request.fields["Content-Type"]?.hasPrefix("application/json") == true else {
            throw .invalidRequest("unsupported_content_type", "Unsupported content type.")
        }
    }

    private func checkKey(_ request: Request) throws(OpenAIError) {
        let bearer = request.fields["Authorization"].map { $0.hasPrefix("Bearer ") && $0.utf8.count > 7 } ?? false
        guard bearer || request.fields["api-key"]?.isEmpty == false else { throw .invalidKey }
        guard request.fields["OpenAI-Beta"] == nil else {
            throw .invalidRequest("beta_api_shape_disabled", "The Realtime beta API is no longer supported.")
        }
    }

    private func answer(to body: JSON) -> Response {
        var session = body["session"]?.objectValue ?? JSONObject()
        session["object"] = "realtime.session"
        session["id"] = .string("sess_sandbox\(Sandbox.randomHexadecimal)")
        if session["type"] == "realtime", session["model"] == nil { session["model"] = "gpt-realtime-2.1" }
        let seconds = body["expires_after"]?["seconds"]?.numberValue?.integer ?? 600
        let answer: JSONObject = [
            "value": .string("ek_sandbox\(Sandbox.randomHexadecimal)"),
            "expires_at": .number(JSONNumber(unixSeconds() + seconds)),
            "session": .object(session),
        ]
        return Response(
            .ok,
            fields: ["Content-Type": "application/json", "x-request-id": "req_sandbox\(Sandbox.randomHexadecimal)"],
            body: JSON.object(answer).serialized())
    }

    private static var randomHexadecimal: String {
        String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
    }
}

/// A fault that the sandbox shows on demand, to try out a service that depends on it.
package enum Fault: Hashable, Sendable {
    /// No process listens at the address.
    case refuse
    /// The connection is reset in the middle of the answer.
    case reset
    /// The answer is not HTTP.
    case garbage
    /// The head of the answer comes one byte a second.
    case slowHeaders
    /// The answer comes after a minute.
    case late
    /// 200 with a body that is not JSON.
    case notJSON
    /// 200 with a body of 5 MB.
    case huge
    /// 429 `insufficient_quota`: the account is empty.
    case quota
    /// A call is created, and the answer comes after a minute.
    case noAnswerAfterCreate
    /// Every hang-up is answered by 500, and the call goes on.
    case hangUpFails
    /// Every hang-up is answered by 404 without a code, as by a gateway that does not know the path.
    case notFoundWithoutCode
    /// A Live session goes on for ten seconds after its hang-up.
    case drains
    /// OpenAI's usual error with that status; 429 has `Retry-After: 7`.
    case status(Int)

    private static let named: [(name: String, fault: Fault)] = [
        ("refuse", .refuse), ("reset", .reset), ("garbage", .garbage), ("slow-headers", .slowHeaders),
        ("late", .late), ("not-json", .notJSON), ("huge", .huge), ("quota", .quota),
        ("no-answer-after-create", .noAnswerAfterCreate), ("hangup-fails", .hangUpFails),
        ("not-found-without-code", .notFoundWithoutCode), ("drains", .drains),
    ]

    /// The names that `--sandbox-fault` accepts.
    package static let names = named.map(\.name) + ["400 to 599"]

    /// - Parameter name: one of `names`, or a status such as `500`.
    package init?(_ name: String) {
        let status = Int(name).flatMap { (400...599).contains($0) ? Fault.status($0) : nil }
        guard let fault = Fault.named.first(where: { $0.name == name })?.fault ?? status else { return nil }
        self = fault
    }
}

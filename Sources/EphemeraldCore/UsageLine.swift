import HTTP
import Sessions

/// One line of the usage log: what a request asked for and what became of it.
///
/// Names are those of OpenTelemetry's semantic conventions where they have one. There is no member for keys, tokens,
/// cookies, instructions or bodies: what has no place here cannot be logged.
struct UsageLine {
    let requestID: RequestID
    let method: Method
    let path: Substring
    let client: ClientAddress
    let userAgent: String?
    let origin: String?
    /// Who the caller has proved to be.
    var caller: Caller?
    var trace: TraceParent?
    /// The path of the route as it is documented; nil for a path that is none.
    var route: String?
    var session: String?
    var model: String?
    var secret: ClientSecret?
    var report: UpstreamReport?
    var server: String?

    init(_ request: Request, requestID: RequestID, client: ClientAddress) {
        self.requestID = requestID
        self.client = client
        method = request.method
        path = request.path
        userAgent = request.fields["User-Agent"]
        origin = request.fields["Origin"]
    }

    /// The line, with its line feed.
    func serialized(
        status: Status, refusal: Refusal?, unixMilliseconds: Int64, duration nanoseconds: UInt64
    ) -> [UInt8] {
        var line: JSONObject = [
            "timestamp": .string(Timestamp.rfc3339(unixMilliseconds)),
            "ephemerald.request.id": .string(requestID.description),
            "http.request.method": .string(method.rawValue.loggable(32)),
            "url.path": .string(String(path).loggable(128)),
            "http.response.status_code": .number(JSONNumber(status.rawValue)),
            "http.server.request.duration": .number(JSONNumber(Double(nanoseconds / 1_000) / 1_000_000)),
            "client.address": .string(client.description),
        ]
        line["http.route"] = route.map(JSON.string)
        line["error.type"] = refusal.map { .string($0.code) }
        line["ephemerald.limit.dimension"] = (refusal?.dimension).map(JSON.string)
        if case .authenticationFailed(let flaw?) = refusal { line["ephemerald.token.flaw"] = .string(flaw.rawValue) }
        line["enduser.pseudo.id"] = caller.map { .string($0.loggableName) }
        line["user_agent.original"] = userAgent.map { .string($0.loggable(256)) }
        line["ephemerald.origin"] = origin.map { .string($0.loggable(256)) }
        line["trace_id"] = trace.map { .string($0.traceID) }
        line["span_id"] = trace.map { .string($0.spanID) }
        line["ephemerald.session.name"] = session.map { .string($0.loggable(64)) }
        line["gen_ai.request.model"] = model.map { .string($0.loggable(128)) }
        line["server.address"] = server.map(JSON.string)
        addSecret(to: &line)
        addReport(to: &line)
        return JSON.object(line).serialized() + [UInt8(ascii: "\n")]
    }

    /// The fingerprint answers "is this leaked token ours, and whose?" without being of use to who reads the log.
    private func addSecret(to line: inout JSONObject) {
        guard let secret else { return }
        line["ephemerald.secret.sha256"] = .string(UsageRecord.digest(of: secret.value.reveal()))
        line["ephemerald.secret.expires_at"] = .number(JSONNumber(secret.expiresAt))
        line["ephemerald.session.id"] = secret.sessionID.map { .string($0.loggable(128)) }
        line["ephemerald.upstream.request.id"] = secret.upstreamRequestID.map { .string($0.loggable(128)) }
    }

    private func addReport(to line: inout JSONObject) {
        guard let report else { return }
        line["ephemerald.upstream.status_code"] = report.status.map { .number(JSONNumber($0)) }
        line["ephemerald.upstream.error.code"] = report.code.map { .string($0.loggable(128)) }
        line["ephemerald.upstream.error.message"] = report.message.map { .string($0.loggable(512)) }
        line["ephemerald.upstream.request.id"] = report.requestID.map { .string($0.loggable(128)) }
    }
}

extension Caller {
    /// The name as the usage log has it. Quotas count by it, because they are rebuilt from there.
    var loggableName: String { name.loggable(256) }
}

extension String {
    /// At most so many characters, and none of them a control character: a log is read in terminals.
    package func loggable(_ limit: Int) -> String {
        let isClean = utf8.count <= limit && utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        if isClean { return self }
        let scalars = unicodeScalars.prefix(limit).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: Unicode.Scalar("\u{FFFD}")
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

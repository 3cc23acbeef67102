import HTTP
import JSON
import Text

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
    /// In what a refused origin differs from one on the list; nil when nothing is like it.
    var originFlaw: OriginFlaw?
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
    /// Refusals before this line that have none, of all clients together.
    var unlogged = 0

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
        var line = JSONLine(reserving: 1024)
        line.append("timestamp", Timestamp.rfc3339(unixMilliseconds))
        line.append("ephemerald.request.id", requestID.description)
        line.append("http.request.method", method.rawValue.loggable(32))
        line.append("url.path", String(path).loggable(128))
        line.append("http.response.status_code", JSONNumber(status.rawValue))
        line.append("http.server.request.duration", JSONNumber(Double(nanoseconds / 1_000) / 1_000_000))
        line.append("client.address", client.description)
        line.append("http.route", route)
        line.append("error.type", refusal?.code)
        line.append("ephemerald.limit.dimension", refusal?.dimension)
        if case .authenticationFailed(let flaw?) = refusal { line.append("ephemerald.token.flaw", flaw.rawValue) }
        if unlogged > 0 { line.append("ephemerald.refusals.unlogged", JSONNumber(unlogged)) }
        line.append("enduser.pseudo.id", caller?.loggableName)
        line.append("user_agent.original", userAgent?.loggable(256))
        line.append("ephemerald.origin", origin?.loggable(256))
        line.append("ephemerald.origin.flaw", originFlaw?.rawValue)
        line.append("trace_id", trace?.traceID)
        line.append("span_id", trace?.spanID)
        line.append("ephemerald.session.name", session?.loggable(64))
        line.append("gen_ai.request.model", model?.loggable(128))
        line.append("server.address", server)
        append(secret, to: &line)
        append(report, to: &line)
        // Of a secret or of a report: there is never both.
        line.append("ephemerald.upstream.request.id", (secret?.upstreamRequestID ?? report?.requestID)?.loggable(128))
        return line.finished()
    }

    /// The fingerprint answers "is this leaked token ours, and whose?" without being of use to who reads the log.
    private func append(_ secret: ClientSecret?, to line: inout JSONLine) {
        guard let secret else { return }
        line.append("ephemerald.secret.sha256", UsageRecord.digest(of: secret.value.reveal()))
        line.append("ephemerald.secret.expires_at", JSONNumber(secret.expiresAt))
        line.append("ephemerald.session.id", secret.sessionID?.loggable(128))
    }

    private func append(_ report: UpstreamReport?, to line: inout JSONLine) {
        guard let report else { return }
        line.append("ephemerald.upstream.status_code", report.status.map { JSONNumber($0) })
        line.append("ephemerald.upstream.error.code", report.code?.loggable(128))
        line.append("ephemerald.upstream.error.message", report.message?.loggable(512))
        line.append("ephemerald.upstream.advice", report.advice?.loggable(512))
    }
}

extension Caller {
    /// The name as the usage log has it. Quotas count by it, because they are rebuilt from there.
    var loggableName: String { name.loggable(256) }
}

import HTTP
import JSON
import Sessions
import Text

/// The line of the usage log: what a request asked for, and the result. It is made from the context at the end.
///
/// Names are those of OpenTelemetry's semantic conventions where they have one. There is no member for keys, tokens,
/// cookies, instructions or bodies: what has no place here cannot be logged.
extension RequestContext {
    /// The line, with its line feed.
    /// - Parameters:
    ///   - unlogged: refusals of all clients that had no line since the last line.
    ///   - unixMilliseconds: the time at which the request is answered.
    ///   - duration: how long the answer took, in nanoseconds.
    func usageLine(
        status: Status, refusal: Refusal?, unlogged: Int, unixMilliseconds: Int64, duration: UInt64
    ) -> [UInt8] {
        var line = JSONLine(reserving: 1024)
        line.append(text: "timestamp") { Timestamp.append(unixMilliseconds, to: &$0) }
        line.append("ephemerald.request.id", id.description)
        line.append("http.request.method", request.method.rawValue.loggable(32))
        line.append("url.path", String(request.path).loggable(128))
        line.append("http.response.status_code", status.rawValue)
        line.append("http.server.request.duration", microseconds: Int(duration / 1_000))
        line.append("client.address", client.description)
        line.append("http.route", routePath)
        line.append("error.type", refusal?.code)
        line.append("ephemerald.limit.dimension", refusal?.dimension)
        if case .authenticationFailed(let flaw?) = refusal { line.append("ephemerald.token.flaw", flaw.rawValue) }
        if unlogged > 0 { line.append("ephemerald.refusals.unlogged", unlogged) }
        line.append("enduser.pseudo.id", caller?.loggableName)
        line.append("user_agent.original", request.fields["User-Agent"]?.loggable(256))
        line.append("ephemerald.origin", request.fields["Origin"]?.loggable(256))
        if case .originNotAllowed = refusal, case .token(.foreign(_, let flaw?)) = route {
            line.append("ephemerald.origin.flaw", flaw.rawValue)
        }
        line.append("trace_id", trace?.traceID)
        line.append("span_id", trace?.spanID)
        line.append("ephemerald.session.name", sessionName?.loggable(64))
        let (secret, report) = (attempt?.secret, attempt?.report)
        line.append("gen_ai.request.model", (secret?.model ?? session?.session.model)?.loggable(128))
        line.append("server.address", attempt?.server)
        // The fingerprint answers "is this leaked token ours, and whose?" and is of no use to a reader of the log.
        if let secret {
            line.append("ephemerald.secret.sha256", UsageRecord.digest(of: secret.value.reveal()))
            line.append("ephemerald.secret.expires_at", secret.expiresAt)
            line.append("ephemerald.session.id", secret.sessionID?.loggable(128))
        }
        if let report {
            line.append("ephemerald.upstream.status_code", report.status)
            line.append("ephemerald.upstream.error.code", report.code?.loggable(128))
            line.append("ephemerald.upstream.error.message", report.message?.loggable(512))
            line.append("ephemerald.upstream.advice", report.advice?.loggable(512))
        }
        line.append("ephemerald.upstream.request.id", (secret?.upstreamRequestID ?? report?.requestID)?.loggable(128))
        return line.finished()
    }
}

extension Caller {
    /// The name as usage lines have it. Quotas count by it, because they are restored from usage lines.
    var loggableName: String { name.loggable(256) }
}

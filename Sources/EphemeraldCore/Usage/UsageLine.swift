import HTTP
import Sessions
import Text

/// The line of the usage log: what a request asked for, and the result. It is made from the context at the end.
///
/// Names are those of OpenTelemetry's semantic conventions where they have one. There is no member for keys, tokens,
/// cookies, instructions or bodies: what has no place here cannot be logged.
extension RequestContext {
    /// Writes the line, with its line feed.
    /// - Parameters:
    ///   - unlogged: refusals of all clients that had no line since the last line.
    ///   - unixMilliseconds: the time at which the request is answered.
    ///   - duration: how long the answer took, in nanoseconds.
    func writeUsage(
        to line: inout UsageText, status: Status, refusal: Refusal?, unlogged: Int, unixMilliseconds: Int64,
        duration: UInt64
    ) {
        line.begin(unixMilliseconds: unixMilliseconds)
        line.append(.requestID, checked: id.description)
        line.append(.method, request.method.rawValue, limit: 32)
        line.append(.path, loggedPath, limit: 128)
        line.append(.status, status.rawValue)
        line.append(.duration, microseconds: Int(duration / 1_000))
        line.append(.client, checked: client.description)
        line.append(.route, checked: routePath)
        line.append(.refusal, checked: refusal?.code)
        line.append(.dimension, checked: refusal?.dimension)
        if case .authenticationFailed(let flaw?) = refusal { line.append(.tokenFlaw, checked: flaw.rawValue) }
        if unlogged > 0 { line.append(.unlogged, unlogged) }
        line.append(.caller, caller?.name, limit: Caller.loggableLength)
        line.append(.userAgent, request.fields["User-Agent"], limit: 256)
        line.append(.origin, request.fields["Origin"], limit: 256)
        if case .originNotAllowed = refusal, case .token(.foreign(_, let flaw?)) = route {
            line.append(.originFlaw, checked: flaw.rawValue)
        }
        line.append(.traceID, checked: trace?.traceID)
        line.append(.spanID, checked: trace?.spanID)
        line.append(.session, sessionName, limit: 64)
        let (secret, report) = (attempt?.secret, attempt?.report)
        line.append(.model, secret?.model ?? session?.session.model, limit: 128)
        line.append(.server, attempt?.server, limit: 512)
        // The fingerprint answers "is this leaked token ours, and whose?" and is of no use to a reader of the log.
        if let secret {
            line.append(.secretDigest, digest: UsageRecord.hash(of: secret.value.reveal()))
            line.append(.secretExpiresAt, secret.expiresAt)
            line.append(.sessionID, secret.sessionID, limit: 128)
        }
        if spent > .zero { line.append(.spent, Int(spent.micros)) }
        if let report {
            line.append(.upstreamStatus, report.status)
            line.append(.upstreamCode, report.code, limit: 128)
            line.append(.upstreamMessage, report.message, limit: 512)
            line.append(.upstreamAdvice, report.advice, limit: 512)
        }
        line.append(.upstreamRequestID, secret?.upstreamRequestID ?? report?.requestID, limit: 128)
        if let call { line.append(opened: call, unixMilliseconds: unixMilliseconds) }
        line.finish()
    }

    /// The path, without the id of a call, which is a secret: below the route for calls it is a pattern.
    private var loggedPath: String {
        if let path = route.path { return path }
        let path = request.path
        return path.utf8.starts(with: "\(CallRoute.path)/".utf8) ? "\(CallRoute.path)/{unknown}" : String(path)
    }
}

extension Caller {
    /// The name as usage lines have it. Quotas count by it, because they are restored from usage lines.
    var loggableName: String { name.loggable(Caller.loggableLength) }

    /// Characters of a name in a usage line.
    fileprivate static let loggableLength = 256
}

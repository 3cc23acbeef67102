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
    ///   - names: how the client and the caller are named.
    ///   - unlogged: refusals of all clients that had no line since the last line.
    ///   - unixMilliseconds: the time at which the request is answered.
    ///   - duration: how long the answer took, in nanoseconds.
    func writeUsage(
        to line: inout UsageText, naming names: LogNames, status: Status, refusal: Refusal?, unlogged: Int,
        unixMilliseconds: Int64, duration: UInt64
    ) {
        line.begin(unixMilliseconds: unixMilliseconds, requestID: id.description)
        // Most lines are about a request to the same route, and of a flood all are about the same refusal.
        let isTokenRequest = if case .token = route { request.method == .post && request.defect == nil } else { false }
        if isTokenRequest {
            line.append(written: .tokenRequest)
        } else {
            line.append(.method, request.method.rawValue, limit: 32)
            line.append(.path, loggedPath, limit: 128)
        }
        let kind = refusal?.kind
        if let kind { line.append(written: kind.loggedStatus) } else { line.append(.status, status.rawValue) }
        line.append(.duration, microseconds: Int(duration / 1_000))
        switch names.client {
        case .full: line.append(.client) { client.append(to: &$0) }
        case .truncated, .hashed, .none: line.append(.client, checked: names.name(of: client))
        }
        if isTokenRequest { line.append(written: .tokenRoute) } else { line.append(.route, checked: routePath) }
        if let kind { line.append(written: kind.loggedCode) }
        line.append(.dimension, checked: refusal?.dimension)
        if case .authenticationFailed(let flaw?) = refusal { line.append(.tokenFlaw, checked: flaw.rawValue) }
        if unlogged > 0 { line.append(.unlogged, unlogged) }
        switch names.caller {
        case .full: line.append(.caller, caller?.name, limit: Caller.loggableLength)
        case .hashed, .none: line.append(.caller, checked: caller.flatMap { names.name(ofCaller: $0.loggableName) })
        }
        line.append(.userAgent, request.fields["User-Agent"], limit: 256)
        if let origin = route.page?.origin, origin.utf8.count <= RequestContext.loggableOrigin {
            line.append(.origin, checked: origin)
        } else {
            line.append(.origin, request.fields["Origin"], limit: RequestContext.loggableOrigin)
        }
        if case .originNotAllowed = refusal, case .token(.foreign(_, let flaw?)) = route {
            line.append(.originFlaw, checked: flaw.rawValue)
        }
        if let trace, !trace.hasRequestID { line.append(trace) }
        line.append(.session, sessionName, limit: 64)
        // Most refusals came before it. A copy, because each look at the context costs.
        if let attempt {
            write(attempt, to: &line, unixMilliseconds: unixMilliseconds)
        } else {
            line.append(.model, session?.session.model, limit: 128)
        }
        line.finish()
    }

    /// The attempt at the upstream and its result.
    private func write(_ attempt: MintAttempt, to line: inout UsageText, unixMilliseconds: Int64) {
        let (secret, report) = (attempt.secret, attempt.report)
        line.append(.model, secret?.model ?? session?.session.model, limit: 128)
        line.append(.server, attempt.server.host, limit: 512)
        line.append(.serverPort, attempt.server.port)
        if let key = attempt.key { line.append(written: key.usageMembers) }
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
    }

    /// Characters of the field `Origin` in a usage line.
    private static let loggableOrigin = 256

    /// The path, without the id of a call, which is a secret. A path that leads nowhere may be that of a call with a slip
    /// in it, so there everything that is as long as an id and has its characters, encoded or not, is `{id}`.
    private var loggedPath: String {
        if let path = route.path { return path }
        var result: [UInt8] = []
        var rest = request.path.utf8[...]
        while let first = rest.first {
            let run = rest.prefix(while: \.mayBeOfCallID)
            if run.isEmpty {
                result.append(first)
                rest.removeFirst()
            } else {
                result += run.count < CallID.length ? Array(run) : Array("{id}".utf8)
                rest = rest[run.endIndex...]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether it can be in the id of a call, or in a percent-encoding.
    fileprivate var mayBeOfCallID: Bool {
        isLetter || isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: "-") || self == UInt8(ascii: "%")
    }
}

extension Caller {
    /// The name as usage lines have it. Quotas count by it, because they are restored from usage lines.
    var loggableName: String { name.loggable(Caller.loggableLength) }

    /// Characters of a name in a usage line.
    fileprivate static let loggableLength = 256
}

package import HTTP
import JSON
import Locking
import Sessions

/// The paths of the service, as they appear in a request line.
extension TokenService {
    /// Where tokens are minted.
    package static let tokenPath = "/api/realtime/token"
    /// Where liveness is reported.
    package static let healthPath = "/api/health"
    /// Where readiness is reported.
    package static let readinessPath = "/api/health/ready"
}

/// The end of every request: refusals, the fields that all answers have, and the usage line.
extension TokenService {
    /// Answers a refused request. The limit on refusals is the last step.
    func refuse(_ context: RequestContext, _ refusal: Refusal) -> Response {
        guard let reached = countRefusal(of: context) else {
            return conclude(context, with: refusal.response(to: context.id), refusal, isLogged: true)
        }
        report(.limitReached(reached), context)
        // A refusal that says when to come back keeps saying so.
        let answered = refusal.retryAfter == nil ? reached.refusal : refusal
        return conclude(context, with: answered.response(to: context.id), answered, isLogged: false)
    }

    /// Counts a refusal that cost nothing but a usage line; after an attempt to mint it cost more.
    /// - Returns: nil when the refusal has its line.
    private func countRefusal(of context: RequestContext) -> LimitReached? {
        guard context.attempt == nil, let rule = refusalRule else { return nil }
        return common.refusals.count(context.client, under: rule, now: loop.surroundings.monotonicNanoseconds())
    }

    /// Completes an answer, counts the request, and writes its usage line.
    func conclude(
        _ context: RequestContext, with response: consuming Response, _ refusal: Refusal? = nil, isLogged: Bool
    ) -> Response {
        let duration = loop.surroundings.monotonicNanoseconds() - context.began
        if let call = context.call, !isRecorded(call, context, response.status, refusal, duration) {
            // Without its line the next process would not know the call, so nobody gets its answer.
            context.call = nil
            common.calls?.keeper.end(call.name, .unrecorded)
            return refuse(context, .limitsUnavailable)
        }
        addCommonFields(to: &response, context, refusal)
        let answered = AnsweredRequest(context, response.status, refusal)
        // Refusals beyond the limit on refusals have neither a line nor a span.
        var time: Int64?
        if answered.hasSpan, isLogged || refusal == nil, let spans = context.spans, let trace = context.trace {
            let now = loop.surroundings.unixMilliseconds()
            spans.add(answered, context, trace, unixMilliseconds: now, duration: duration)
            time = now
        }
        loop.metrics.record(
            answered, nanoseconds: duration, refusal: refusal,
            session: context.attempt == nil ? nil : context.sessionName,
            // The answer to a call that was ended at once is a refusal.
            isCall: context.call != nil && refusal == nil)
        guard isLogged, context.call == nil else { return response }
        report(.usage(usageLine(of: context, status: response.status, refusal, duration, at: time)), context)
        return response
    }

    private func isRecorded(
        _ call: CallRecord, _ context: RequestContext, _ status: Status, _ refusal: Refusal?, _ duration: UInt64
    ) -> Bool {
        common.calls?.keeper.record(usageLine(of: context, status: status, refusal, duration)) ?? false
    }

    private func usageLine(
        of context: RequestContext, status: Status, _ refusal: Refusal?, _ duration: UInt64, at time: Int64? = nil
    ) -> [UInt8] {
        let (unlogged, now) = (common.refusals.takeUnreported(), time ?? loop.surroundings.unixMilliseconds())
        return loop.usage.withLock { line in
            context.writeUsage(
                to: &line, naming: rules.logNames, status: status, refusal: refusal, unlogged: unlogged,
                unixMilliseconds: now, duration: duration)
            return line.bytes
        }
    }

    /// The fields of CORS on the token route, and those that every answer has.
    private func addCommonFields(to response: inout Response, _ context: RequestContext, _ refusal: Refusal?) {
        let isPreflight = context.request.method == .options && context.request.defect == nil
        if let page = context.route.page, !isPreflight {
            rules.origins.addResponseFields(
                to: &response.fields, for: page, refusedBy: refusal, isCall: context.call != nil)
        }
        // After the origin, which seldom differs: what follows a field that has changed is written again.
        response.fields.append("X-Request-Id", context.id.description)
        let isFile = response.fields["Cache-Control"] != nil
        response.fields.append(sharing: isFile ? TokenService.fieldsOfFiles : TokenService.fieldsOfAnswers)
    }

    /// Every answer has these, and no cache keeps it.
    private static let fieldsOfAnswers: Fields = [
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    ]

    /// The same for an answer that says itself how long it may be kept.
    private static let fieldsOfFiles: Fields = ["X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"]

    /// The answer to a request that the end of the daemon cuts short, and its usage line. No step of the policy is taken,
    /// but a page of an allowed origin can read the answer. A task that still waits for this request has another id.
    package func lastAnswer(to request: Request) -> Response {
        let context = RequestContext(request, of: self)
        return conclude(
            context, with: Refusal.shuttingDown.response(to: context.id), .shuttingDown, isLogged: true)
    }
}

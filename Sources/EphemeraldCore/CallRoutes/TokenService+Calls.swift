import HTTP
import JSON
import Sessions

/// The routes for calls that the service creates.
extension TokenService {
    /// Answers a request on one of the routes for calls.
    func answer(
        _ context: RequestContext, on route: CallRoute, from page: OriginVerdict
    ) throws(Refusal) -> Step<Answer> {
        guard let calls = common.calls, let upstream = loop.callUpstream else { throw .notFound }
        let request = context.request
        if request.method == .options {
            return .now(.response(try rules.origins.answerOptions(request, from: page, onCalls: route.allowed)))
        }
        switch (route, request.method) {
        case (.create, .post) where rules.callMaxima.all == 0: throw .notFound
        case (.create, .post): return try create(context, for: page, calls, upstream)
        case (.lease(let id), .post): return try renew(id, context, for: page, calls)
        case (.end(let id), .post): return try end(id, context, calls, .noContent)
        case (.call(let id), .delete): return try end(id, context, calls, .ok)
        case (.create, _), (.lease, _), (.end, _), (.call, _): throw .methodNotAllowed(allowed: route.allowed)
        }
    }

    /// Ends a call for any client that has its id. A page that is being left cannot wait for a preflight, so neither
    /// origin nor caller is checked.
    private func end(
        _ id: CallID?, _ context: RequestContext, _ calls: any CallStore, _ status: Status
    ) throws(Refusal) -> Step<Answer> {
        guard let id else { throw .callNotFound }
        return try calls.end(id.name).then { isKnown throws(Refusal) in
            guard isKnown else { throw .callNotFound }
            return .now(.response(Response(status)))
        }
    }

    /// Renews the lease of a call, for the caller and the origin that created it.
    private func renew(
        _ id: CallID?, _ context: RequestContext, for page: OriginVerdict, _ calls: any CallStore
    ) throws(Refusal) -> Step<Answer> {
        let origin = try rules.origins.admit(page)
        return try rules.callers.identify(context.request, behind: rules.proxies, loop.keyFetching)
            .then { [self] caller throws(Refusal) in
                context.caller = caller
                try refuseIfDenied(context, from: origin)
                let binding = CallBinding(caller: account(of: caller), origin: origin)
                return id.map { calls.renew($0.name, binding) } ?? .now(.unknown)
            }
            .then { renewal throws(Refusal) in
                switch renewal {
                case .renewed(let secondsLeft, let leaseSeconds):
                    var answer = JSONLine(reserving: 64)
                    answer.append("seconds_left", secondsLeft)
                    answer.append("lease_seconds", leaseSeconds)
                    let fields: Fields = ["Content-Type": "application/json"]
                    return .now(.response(Response(.ok, fields: fields, body: answer.object())))
                case .ended(let reason): throw .callEnded(reason)
                case .unknown: throw .callNotFound
                }
            }
    }

    /// The steps from an offer to a call. The first that refuses ends it, and everything that can be decided here is
    /// decided before the upstream is called.
    private func create(
        _ context: RequestContext, for page: OriginVerdict, _ calls: any CallStore, _ upstream: CallUpstream
    ) throws(Refusal) -> Step<Answer> {
        let origin = try rules.origins.admit(page)
        return try rules.callers.identify(context.request, behind: rules.proxies, loop.keyFetching)
            .then { [self] caller throws(Refusal) in try create(context, for: origin, caller, calls, upstream) }
    }

    private func create(
        _ context: RequestContext, for origin: String?, _ caller: Caller?, _ calls: any CallStore,
        _ upstream: CallUpstream
    ) throws(Refusal) -> Step<Answer> {
        context.caller = caller
        try refuseIfDenied(context, from: origin)
        if common.mintingSwitch.isPaused { throw .mintingPaused }
        if calls.keeper.isClosed { throw .shuttingDown }
        let request = try CallRequest(context.request)
        let offered = try session(named: request.wanted.session, for: caller, context)
        try rules.origins.admit(origin, toSessionOf: offered.origins)
        guard let type = CallType(offered.session.kind), let limits = offered.session.access.call else {
            throw .tokenRequired
        }
        let object = try request.wanted.configuration(for: offered.session)
        let plan = CallPlan(
            type: type, session: offered.session.name, model: offered.session.model, caller: account(of: caller),
            client: context.client.limitKey, binding: CallBinding(caller: account(of: caller), origin: origin),
            maximumSeconds: limits.maximumSeconds, leaseSeconds: limits.leaseSeconds,
            price: offered.session.access.price, spending: rules.spending,
            day: Day(unixMilliseconds: loop.surroundings.unixMilliseconds()), requestID: context.id.description)
        var maxima = rules.callMaxima
        maxima.session = limits.maximumOpen
        let id = CallID(randomBits: loop.surroundings.randomBits())
        let reserved = ReservedCall(
            id: id, request: request, plan: plan, object: object, session: offered.session,
            safetyIdentifier: rules.safety.identifier(of: caller, at: context.client),
            isSandbox: offered.isSandbox)
        // A call whose line cannot be written is ended at once, and OpenAI bills for it. The line of this refusal shows
        // when lines can be written again.
        guard calls.keeper.canRecord else { throw .limitsUnavailable }
        let claim = claim(context, from: origin, caller, to: offered, spending: plan.spending)
        return try calls.admit(id.name, plan, claim, within: maxima).then { [self, maxima] admission throws(Refusal) in
            let verdict: LimitVerdict
            switch admission {
            case .full(let dimension):
                if let reached = CallsReached(dimension, by: plan, within: maxima) {
                    report(.limitReached(LimitReached(reached)), context)
                }
                throw .tooManyCalls(dimension)
            case .refused(let reached): verdict = .refused(reached)
            case .admitted(let closest, let taken): verdict = .admitted(closest: closest, taken: taken)
            }
            let admitted = try admitted(by: verdict, context, caller, to: offered)
            return .now(.call(AdmittedCall(reserved: reserved, admitted: admitted, calls: calls, upstream: upstream)))
        }
    }

    /// The last step: calls the upstream.
    func finish(_ call: AdmittedCall, _ context: RequestContext) async throws(Refusal) -> Response {
        let (reserved, calls, taken) = (call.reserved, call.calls, call.admitted.taken)
        let (server, host) = (loop.minter.server, loop.minter.callServer)
        let (name, plan) = (reserved.id.name, reserved.plan)
        context.attempt = MintAttempt(server: server)
        calls.keeper.creationBegins()
        defer { calls.keeper.creationEnds() }
        let created: CreatedCall
        let key: UpstreamKey
        do throws(CallFailure) {
            let creation = CallUpstream.Creation(
                request: reserved.request, session: reserved.session, type: plan.type, requestID: context.id,
                safetyIdentifier: reserved.safetyIdentifier, trace: context.trace, client: context.request.socket)
            (created, key) = try await call.upstream.create(creation, reserved.object)
        } catch {
            context.attempt = MintAttempt(server: server, report: error.report, key: error.key)
            if let stray = error.stray {
                // Nobody can connect to it. It is opened so that it is ended, by the next process if need be.
                context.call = await calls.open(
                    name, plan, taken, upstreamID: stray.upstreamID, upstreamHost: host, key: stray.key)
                calls.keeper.end(name, .unanswered)
            } else {
                calls.undo(name, plan, taken, isLost: error.isLost)
                if error.isLost, !plan.spending.isEmpty { context.spent = plan.costOfLoss }
            }
            common.state.minted(
                reserved.session.name, outcome: error.refusal.code, now: loop.surroundings.monotonicNanoseconds())
            throw error.refusal
        }
        context.attempt?.key = key
        loop.metrics.record(servedBy: key.print)
        common.state.minted(reserved.session.name, outcome: "ok", now: loop.surroundings.monotonicNanoseconds())
        let record = await calls.open(
            name, plan, taken, upstreamID: created.upstreamID, upstreamHost: host, key: key.print)
        guard let record else { throw .limitsUnavailable }
        context.call = record
        if calls.keeper.isClosed {
            calls.keeper.end(name, .exit)
            throw .shuttingDown
        }
        var response = reserved.answer(created)
        response.fields.append(contentsOf: call.admitted.fields)
        // A client that did not get the answer can neither talk nor hang up.
        response.delivery = Delivery { isHandedOver in
            if !isHandedOver { calls.keeper.end(name, .unanswered) }
        }
        return response
    }
}

/// What is left of an admitted request for a call.
struct AdmittedCall: Sendable {
    fileprivate let reserved: ReservedCall
    fileprivate let admitted: TokenService.Admitted
    fileprivate let calls: any CallStore
    fileprivate let upstream: CallUpstream
}

/// A request for a call that everybody but the limits, quotas and slots has admitted.
private struct ReservedCall: Sendable {
    let id: CallID
    let request: CallRequest
    let plan: CallPlan
    /// The session, with what the request changes in it.
    let object: JSONObject
    let session: Session
    let safetyIdentifier: String?
    let isSandbox: Bool

    private static let ofSandbox = JSONLine.members(of: ["sandbox": true])

    /// 201 with the upstream's answer, in the form of the request.
    func answer(_ created: CreatedCall) -> Response {
        let location = "\(CallRoute.path)/\(id.reveal())"
        var fields: Fields = ["Location": location]
        switch request.form {
        case .sdp:
            fields.append("Content-Type", "application/sdp")
            return Response(.created, fields: fields, body: Array(created.sdp.utf8))
        case .json:
            fields.append("Content-Type", "application/json")
            var answer = JSONLine(reserving: created.sdp.utf8.count + 512)
            answer.append("sdp", created.sdp)
            answer.append(object: "call") { call in
                call.append("url", location)
                call.append("session", plan.session)
                call.append("type", plan.type.rawValue)
                call.append("model", plan.model)
                call.append("seconds_left", plan.maximumSeconds)
                call.append("lease_seconds", plan.leaseSeconds)
            }
            if isSandbox { answer.append(members: ReservedCall.ofSandbox) }
            return Response(.created, fields: fields, body: answer.object())
        }
    }
}

extension CallType {
    /// Nil for a kind that is only for client secrets.
    fileprivate init?(_ kind: SessionKind) {
        switch kind {
        case .realtime: self = .realtime
        case .live: self = .live
        case .transcription, .translation: return nil
        }
    }
}

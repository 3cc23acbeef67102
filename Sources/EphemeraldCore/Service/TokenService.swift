package import HTTP
import Sessions

/// The whole policy: what is answered to whom. One value for each loop; what loops share is behind locks of its own.
package struct TokenService: Sendable {
    let rules: Rules
    /// Where limits and quotas are counted.
    let admission: Admission
    let surroundings: Surroundings
    let minter: Minter
    let state: ServiceState
    private let keyFetching: KeyFetching
    private let refusals: RefusalLimiter
    private let upstreamHost: String
    private let metrics: LoopMetrics
    /// The sessions of the rules, by their names.
    private let sessions: [String: OfferedSession]
    /// Takes one usage line, with its line feed.
    private let writeUsage: @Sendable ([UInt8]) -> Void
    /// Whether anything is minted at all.
    let mintingSwitch: MintingSwitch
    /// Takes every refusal by a limit or quota, and of which request, for those that an operator should hear of.
    let limitReached: @Sendable (LimitReached, RequestID) -> Void
    /// Takes every refusal that follows from an answer of the upstream, and of which request.
    private let upstreamRefused: @Sendable (Refusal, RequestID) -> Void
    /// Takes what an operator should hear of, and of which request.
    private let remark: @Sendable (ClientAddress.Remark, ClientAddress, RequestID) -> Void

    /// One for each loop and each reading of the settings; `admission`, `refusals`, `state` and `mintingSwitch` outlive
    /// it.
    package init(
        rules: Rules, admission: Admission, minter: Minter, keyFetching: KeyFetching, metrics: LoopMetrics,
        surroundings: Surroundings, refusals: RefusalLimiter = RefusalLimiter(), state: ServiceState = ServiceState(),
        mintingSwitch: MintingSwitch = MintingSwitch(),
        limitReached: @escaping @Sendable (LimitReached, RequestID) -> Void = { _, _ in },
        upstreamRefused: @escaping @Sendable (Refusal, RequestID) -> Void = { _, _ in },
        writeUsage: @escaping @Sendable ([UInt8]) -> Void,
        remark: @escaping @Sendable (ClientAddress.Remark, ClientAddress, RequestID) -> Void
    ) {
        self.rules = rules
        sessions = Dictionary(
            uniqueKeysWithValues: rules.sessions.sessions.map { ($0.name, OfferedSession($0, limits: rules.limits)) })
        self.admission = admission
        self.minter = minter
        self.keyFetching = keyFetching
        self.refusals = refusals
        self.state = state
        upstreamHost = minter.upstream.host
        self.metrics = metrics
        self.surroundings = surroundings
        self.writeUsage = writeUsage
        self.mintingSwitch = mintingSwitch
        self.limitReached = limitReached
        self.upstreamRefused = upstreamRefused
        self.remark = remark
    }

    /// Answers a request, whatever it is, and writes its usage line.
    package func respond(to request: Request) async -> Response {
        let began = surroundings.monotonicNanoseconds()
        let isTrusted = rules.proxies.contains(request.peer)
        let requestID = RequestID(of: request, isTrusted: isTrusted, randomBits: surroundings.randomBits)
        let client = ClientAddress(of: request, behind: rules.proxies)
        if let remarkable = client.remark { remark(remarkable, client, requestID) }
        var line = UsageLine(request, requestID: requestID, client: client)
        line.trace = TraceParent(of: request, isTrusted: isTrusted, randomBits: surroundings.randomBits)

        var refusal: Refusal?
        var response: Response
        do throws(Refusal) {
            response = try await route(request, &line)
        } catch {
            refusal = error
            response = error.response(to: requestID)
        }
        // A preflight is refused by its answer: a browser reads no more of it than that it is not allowed.
        if refusal == nil, response.status == .forbidden { refusal = .preflightRefused }
        if refusal == .originNotAllowed { line.originFlaw = rules.origins.flaw(in: request) }
        // What probes and preflights ask is no use of the service, unless it is refused.
        var isLogged = refusal != nil || request.method == .post
        if let refused = refusal, let spent = countRefusal(refused, line) {
            isLogged = false
            // One that says when to come back goes on saying so.
            if refused.retryAfter == nil {
                let instead = Refusal.tooManyRefusals(retryAfter: spent.wait)
                (refusal, response) = (instead, instead.response(to: requestID))
            }
        }
        if let refusal, line.report != nil { upstreamRefused(refusal, requestID) }
        addCommonFields(to: &response, for: request, refusedBy: refusal, requestID: requestID)
        conclude(line, with: response.status, refusal: refusal, isLogged: isLogged, began: began)
        return response
    }

    /// Counts a request that is answered, and writes its usage line.
    /// - Parameter began: nanoseconds on the monotonic clock.
    func conclude(_ line: UsageLine, with status: Status, refusal: Refusal?, isLogged: Bool, began: UInt64) {
        metrics.record(
            route: line.route, status: status, refusal: refusal, session: line.server == nil ? nil : line.session)
        guard isLogged else { return }
        var line = line
        line.unlogged = refusals.takeUnreported()
        writeUsage(
            line.serialized(
                status: status, refusal: refusal, unixMilliseconds: surroundings.unixMilliseconds(),
                duration: surroundings.monotonicNanoseconds() - began))
    }

    /// Counts a refusal that cost nothing but a usage line: none of a mint that was tried.
    /// - Returns: nil when it has its line.
    private func countRefusal(_ refusal: Refusal, _ line: UsageLine) -> LimitReached? {
        guard line.server == nil, let limit = rules.refusalLimit else { return nil }
        let spent = refusals.count(line.client, under: limit, now: surroundings.monotonicNanoseconds())
        if let spent { limitReached(spent, line.requestID) }
        return spent
    }

    /// The routes.
    private func route(_ request: Request, _ line: inout UsageLine) async throws(Refusal) -> Response {
        switch request.defect {
        case .malformed(let reason): throw .malformed(reason)
        case .headTooLarge(let limit): throw .headTooLarge(limit: limit)
        case .bodyTooLarge(let limit): throw .bodyTooLarge(limit: limit)
        case nil: break
        }
        let path = request.path
        if TokenService.namedPaths.contains(where: { path == $0 }) { line.route = String(path) }
        switch (path, request.method) {
        case (TokenService.tokenPath[...], .post): return try await mint(request, &line)
        case (TokenService.tokenPath[...], .options): return rules.origins.answerOptions(request)
        case (TokenService.tokenPath[...], _): throw .methodNotAllowed(allowed: "OPTIONS, POST")
        case (TokenService.healthPath[...], .get), (TokenService.healthPath[...], .head): return health()
        case (TokenService.healthPath[...], _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (TokenService.readinessPath[...], .get), (TokenService.readinessPath[...], .head):
            return readiness()
        case (TokenService.readinessPath[...], _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (let path, let method):
            guard let file = rules.files[String(path)] else { throw .notFound }
            guard method == .get || method == .head else { throw .methodNotAllowed(allowed: "GET, HEAD") }
            return file.answer(request)
        }
    }

    /// The steps from a request to a client secret. The first that refuses ends it, and all that can be decided here is
    /// decided before the upstream is asked.
    private func mint(_ request: Request, _ line: inout UsageLine) async throws(Refusal) -> Response {
        let origin = try rules.origins.admit(request)
        line.caller = try await rules.callers.identify(request, behind: rules.proxies, keyFetching)
        // Behind the two that keep strangers out, who need not know; before all that costs or counts anything.
        if mintingSwitch.isPaused { throw .mintingPaused }
        let asked = try TokenRequest(request)
        let offered = try session(named: asked.session, &line)
        let session = offered.session
        try rules.origins.admit(origin, toSessionOf: offered.origins)
        let body = try body(of: session, for: asked)
        let admitted = try await admit(line, origin: origin, to: offered)
        let secret: ClientSecret
        do throws(Refusal) {
            secret = try await mint(body, for: session, &line)
        } catch {
            await admission.giveBack(admitted.taken)
            throw error
        }
        var fields = admitted.fields
        fields.append("Content-Type", "application/json")
        return Response(
            .ok, fields: fields, body: TokenAnswer.body(secret, for: session, upstream: minter.upstream))
    }

    private func session(named name: String, _ line: inout UsageLine) throws(Refusal) -> OfferedSession {
        // What could not be a name may be anything, a token put in the wrong place included.
        let isName = SessionCatalog.isName(name)
        if isName { line.session = name }
        // Before it is looked for: who may not use it need not know whether it is there.
        if let caller = line.caller, !caller.mayUse(name) { throw .sessionNotAllowed }
        guard isName, let offered = sessions[name] else { throw .unknownSession }
        line.model = offered.session.model
        return offered
    }

    private func mint(
        _ body: [UInt8], for session: Session, _ line: inout UsageLine
    ) async throws(Refusal) -> ClientSecret {
        line.server = upstreamHost
        do {
            let secret = try await minter.mint(
                body, for: session, requestID: line.requestID,
                safetyIdentifier: rules.safety.identifier(of: line.caller, at: line.client), trace: line.trace)
            line.secret = secret
            state.minted(session.name, outcome: "ok", now: surroundings.monotonicNanoseconds())
            line.model = secret.model ?? line.model
            return secret
        } catch {
            line.report = error.report
            state.minted(session.name, outcome: error.refusal.code, now: surroundings.monotonicNanoseconds())
            throw error.refusal
        }
    }
}

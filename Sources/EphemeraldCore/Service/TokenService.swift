package import HTTP
import Sessions

/// The whole policy: what is answered to whom. Each loop has one; what loops share has locks of its own.
package final class TokenService: Sendable {
    /// Takes what the program around the service should know.
    package typealias Report = @Sendable (Event, RequestContext) -> Void

    let rules: Rules
    let loop: LoopParts
    let common: CommonParts
    let report: Report
    /// The sessions of the rules, by their names.
    private let sessions: [String: OfferedSession]

    /// One for each loop and each reading of the settings.
    package init(rules: Rules, loop: LoopParts, common: CommonParts, report: @escaping Report) {
        self.rules = rules
        self.loop = loop
        self.common = common
        self.report = report
        sessions = Dictionary(
            uniqueKeysWithValues: rules.sessions.sessions.map { ($0.name, OfferedSession($0, limits: rules.limits)) })
    }

    /// Answers a request as ``reply(to:)`` does, and waits where that waits: for tests and benchmarks without a server.
    package func respond(to request: Request) async -> Response {
        switch reply(to: request) {
        case .now(let response): response
        case .later(let makeResponse): await makeResponse()
        }
    }

    /// Answers a request, whatever it is, and writes its usage line: at once when no step of its answer waits; otherwise
    /// hands over what makes the answer.
    package func reply(to request: Request) -> Reply {
        let context = RequestContext(request, under: rules, surroundings: loop.surroundings)
        if let problem = context.client.problem { report(.forwardingProblem(problem), context) }
        do throws(Refusal) {
            switch try answer(context) {
            // Probes and preflights are not a use of the service, unless they are refused.
            case .response(let response):
                return .now(conclude(context, with: response, isLogged: request.method == .post))
            case .mint(let origin): return .later { [self] in await respond(context, mintingFor: origin) }
            }
        } catch {
            return .now(refuse(context, error))
        }
    }

    private func respond(_ context: RequestContext, mintingFor origin: String?) async -> Response {
        do throws(Refusal) {
            return conclude(context, with: try await mint(context, for: origin), isLogged: true)
        } catch {
            return refuse(context, error)
        }
    }

    /// Where a route leads.
    private enum Answer {
        case response(Response)
        /// A client secret, for a page of this origin; nil when the request names none.
        case mint(origin: String?)
    }

    /// The routes.
    private func answer(_ context: RequestContext) throws(Refusal) -> Answer {
        let request = context.request
        switch request.defect {
        case .malformed(let reason): throw .malformed(reason)
        case .headTooLarge(let limit): throw .headTooLarge(limit: limit)
        case .bodyTooLarge(let limit): throw .bodyTooLarge(limit: limit)
        case nil: break
        }
        switch (context.route, request.method) {
        case (.token(let page), .post): return .mint(origin: try rules.origins.admit(page))
        case (.token(let page), .options): return .response(try rules.origins.answerOptions(request, from: page))
        case (.token, _): throw .methodNotAllowed(allowed: "OPTIONS, POST")
        case (.health, .get), (.health, .head): return .response(health())
        case (.health, _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (.readiness, .get), (.readiness, .head): return .response(readiness())
        case (.readiness, _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (.other, let method):
            guard let file = rules.files[String(request.path)] else { throw .notFound }
            guard method == .get || method == .head else { throw .methodNotAllowed(allowed: "GET, HEAD") }
            return .response(file.answer(request))
        }
    }

    /// The steps from a request to a client secret. The first that refuses ends it, and everything that can be decided
    /// here is decided before the upstream is called.
    private func mint(_ context: RequestContext, for origin: String?) async throws(Refusal) -> Response {
        let caller = try await rules.callers.identify(context.request, behind: rules.proxies, loop.keyFetching)
        context.caller = caller
        // After the two steps that keep strangers out, who need not know; before anything that costs or counts.
        if common.mintingSwitch.isPaused { throw .mintingPaused }
        let wanted = try TokenRequest(context.request)
        let offered = try session(named: wanted.session, for: caller, context)
        try rules.origins.admit(origin, toSessionOf: offered.origins)
        guard offered.session.access.offersTokens else { throw .callRequired }
        let body = try wanted.body(for: offered.session)
        let admitted = try await admit(context, from: origin, caller, to: offered)
        let secret: ClientSecret
        do throws(Refusal) {
            secret = try await mint(body, of: offered.session, for: caller, context)
        } catch {
            await common.admission.giveBack(admitted.taken)
            throw error
        }
        var fields = admitted.fields
        fields.append("Content-Type", "application/json")
        return Response(
            .ok, fields: fields, body: TokenAnswer.body(secret, for: offered.session, upstream: loop.minter.upstream))
    }

    private func session(
        named name: String, for caller: Caller?, _ context: RequestContext
    ) throws(Refusal) -> OfferedSession {
        // What cannot be a name may be anything, even a token in the wrong place.
        let isName = SessionCatalog.isName(name)
        if isName { context.sessionName = name }
        // Before the session is looked up: a caller that may not use it need not know whether it exists.
        if let caller, !caller.mayUse(name) { throw .sessionNotAllowed }
        guard isName, let offered = sessions[name] else { throw .unknownSession }
        context.session = offered
        return offered
    }

    private func mint(
        _ body: [UInt8], of session: Session, for caller: Caller?, _ context: RequestContext
    ) async throws(Refusal) -> ClientSecret {
        let server = loop.minter.host
        context.attempt = MintAttempt(server: server)
        do {
            let secret = try await loop.minter.mint(
                body, for: session, requestID: context.id,
                safetyIdentifier: rules.safety.identifier(of: caller, at: context.client), trace: context.trace)
            context.attempt = MintAttempt(server: server, secret: secret)
            common.state.minted(session.name, outcome: "ok", now: loop.surroundings.monotonicNanoseconds())
            return secret
        } catch {
            context.attempt = MintAttempt(server: server, report: error.report)
            common.state.minted(
                session.name, outcome: error.refusal.code, now: loop.surroundings.monotonicNanoseconds())
            throw error.refusal
        }
    }
}

/// The step that counts a request: under the limits and quotas of the settings, or of its session where the file has
/// its own.
extension TokenService {
    /// What an admitted request goes on with.
    struct Admitted {
        /// The fields about limits, for the answer.
        let fields: Fields
        /// To be given back if minting fails.
        let taken: QuotaReceipt
    }

    /// Counts the request under every limit and quota that applies, or refuses it under the limit with the longest wait.
    /// - Parameter caller: nil where nobody has to say who they are; then no limit on callers applies.
    func admit(
        _ context: RequestContext, from origin: String?, _ caller: Caller?, to offered: OfferedSession
    ) async throws(Refusal) -> Admitted {
        let checks = offered.limits.checks(client: context.client, caller: caller, origin: origin)
        let quotas = rules.quotas.checks(caller: caller?.loggableName, session: offered.session.name)
        switch await common.admission.admit(AdmissionClaim(limits: checks, quotas: quotas)) {
        case .refused(let reached):
            report(.limitReached(reached), context)
            throw reached.refusal
        case .unavailable: throw .limitsUnavailable
        case .admitted(nil, let taken): return Admitted(fields: [:], taken: taken)
        case .admitted(let standing?, let taken):
            let fields: Fields = [
                "RateLimit-Policy": offered.limits.policyField(countsCaller: caller != nil),
                "RateLimit": RateLimitFields.rateLimit(standing),
            ]
            return Admitted(fields: fields, taken: taken)
        }
    }
}

package import HTTP
import Locking
import Sessions

/// The whole policy: what is answered to whom. Each loop has one; what loops share has locks of its own.
package final class TokenService: Sendable {
    /// Takes what the program around the service should know.
    package typealias Report = @Sendable (Event, RequestContext) -> Void

    let rules: Rules
    let loop: LoopParts
    let common: CommonParts
    let report: Report
    /// The limit on refusals; nil when all of them have a usage line.
    let refusalRule: LimitRule?
    private let knownOrigins = Locked(KnownOrigins())
    /// The sessions of the rules, by their names.
    private let sessions: [String: OfferedSession]

    /// One for each loop and each reading of the settings.
    package init(rules: Rules, loop: LoopParts, common: CommonParts, report: @escaping Report) {
        self.rules = rules
        self.loop = loop
        self.common = common
        self.report = report
        precondition(
            rules.spending.areOff || rules.sessions.sessions.allSatisfy { $0.access.price != nil },
            "a session without a price is an error while money is counted")
        refusalRule = rules.refusalLimit.map { LimitRule(.client, $0) }
        let upstream = loop.minter.upstream
        sessions = Dictionary(
            uniqueKeysWithValues: rules.sessions.sessions.map {
                ($0.name, OfferedSession($0, limits: rules.limits, upstream: upstream))
            })
    }

    /// What the list of allowed origins says about the page that sent a request.
    func verdict(on fields: Fields) -> OriginVerdict {
        guard let header = fields.only("Origin") else { return rules.origins.verdict(on: fields) }
        return knownOrigins.withLock { $0.verdict(on: header, by: rules.origins) }
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
        let context = RequestContext(request, of: self)
        if let problem = context.client.problem { report(.forwardingProblem(problem), context) }
        do throws(Refusal) {
            switch try answer(context) {
            case .now(.response(let response)):
                // Probes and preflights are not a use of the service, unless they are refused.
                let isUse = request.method == .post && !context.route.isRenewalOrEnd
                return .now(conclude(context, with: response, isLogged: isUse))
            case let answer: return .later { [self] in await respond(context, answer) }
            }
        } catch {
            return .now(refuse(context, error))
        }
    }

    private func respond(_ context: RequestContext, _ answer: Step<Answer>) async -> Response {
        do throws(Refusal) {
            let response: Response
            let result = try await answer.value
            switch result {
            case .response(let made): response = made
            case .mint(let mint): response = try await finish(mint, context)
            case .call: response = try await finishCall(result, context)
            }
            return conclude(context, with: response, isLogged: !context.route.isRenewalOrEnd)
        } catch {
            return refuse(context, error)
        }
    }

    /// A function of its own, so that a token in flight has no room for a call.
    private func finishCall(_ answer: Answer, _ context: RequestContext) async throws(Refusal) -> Response {
        guard case .call(let call) = answer else { preconditionFailure("not a call") }
        return try await finish(call, context)
    }

    /// What the steps lead to that are taken before the upstream is called. The large cases are references: a function
    /// that waits keeps an answer in the memory of its task, and more than one copy.
    enum Answer {
        case response(Response)
        case mint(Mint)
        indirect case call(AdmittedCall)
    }

    /// The routes.
    private func answer(_ context: RequestContext) throws(Refusal) -> Step<Answer> {
        switch context.request.defect {
        case .malformed(let reason): throw .malformed(reason)
        case .headTooLarge(let limit): throw .headTooLarge(limit: limit)
        case .bodyTooLarge(let limit): throw .bodyTooLarge(limit: limit)
        case nil: break
        }
        switch (context.route, context.request.method) {
        case (.token(let page), .post): return try mint(context, for: page)
        case (.token(let page), .options):
            return .now(.response(try rules.origins.answerOptions(context.request, from: page)))
        case (.token, _): throw .methodNotAllowed(allowed: "OPTIONS, POST")
        case (.calls(let route, let page), _): return try answer(context, on: route, from: page)
        case (.health, .get), (.health, .head): return .now(.response(health()))
        case (.health, _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (.readiness, .get), (.readiness, .head): return .now(.response(readiness()))
        case (.readiness, _): throw .methodNotAllowed(allowed: "GET, HEAD")
        case (.other, let method):
            guard let file = rules.files[String(context.request.path)] else { throw .notFound }
            guard method == .get || method == .head else { throw .methodNotAllowed(allowed: "GET, HEAD") }
            return .now(.response(file.answer(context.request)))
        }
    }

    /// The steps from a request to a client secret. The first that refuses ends it, and everything that can be decided
    /// here is decided before the upstream is called.
    private func mint(_ context: RequestContext, for page: OriginVerdict) throws(Refusal) -> Step<Answer> {
        let origin = try rules.origins.admit(page)
        return try rules.callers.identify(context.request, behind: rules.proxies, loop.keyFetching)
            .then { [self] caller throws(Refusal) in try mint(context, for: origin, caller) }
    }

    /// The steps that follow once the caller is known.
    private func mint(
        _ context: RequestContext, for origin: String?, _ caller: Caller?
    ) throws(Refusal) -> Step<Answer> {
        context.caller = caller
        try refuseIfDenied(context, from: origin)
        // After the two steps that keep strangers out, who need not know; before anything that costs or counts.
        if common.mintingSwitch.isPaused { throw .mintingPaused }
        let wanted = try TokenRequest(context.request)
        let offered = try session(named: wanted.session, for: caller, context)
        try rules.origins.admit(origin, toSessionOf: offered.origins)
        guard offered.session.access.offersTokens else { throw .callRequired }
        let body = try wanted.body(for: offered.session)
        let spending =
            rules.spending.areOff
            ? [] : rules.spending.checks(caller: account(of: caller), amount: offered.tokenCost)
        return try admit(context, from: origin, caller, to: offered, spending: spending).then { admitted in
            .now(.mint(Mint(body: body, offered: offered, caller: caller, admitted: admitted)))
        }
    }

    /// Refuses those whom the operator has denied.
    func refuseIfDenied(_ context: RequestContext, from origin: String?) throws(Refusal) {
        if common.denials.isEmpty { return }
        let now = Int(loop.surroundings.unixMilliseconds() / 1_000)
        try common.denials.admit(
            context.caller, account: account(of: context.caller), context.client, origin, now: now)
    }

    func session(
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
}

/// The step that counts a request: under the limits and quotas of the settings, or of its session where the file has
/// its own.
extension TokenService {
    /// What an admitted request goes on with.
    struct Admitted: Sendable {
        /// The fields about limits, for the answer.
        let fields: Fields
        /// To be given back if minting fails.
        let taken: QuotaReceipt
    }

    /// Counts the request under every limit and quota that applies, or refuses it under the limit with the longest wait.
    /// - Parameters:
    ///   - caller: nil where nobody has to say who they are; then no limit on callers applies.
    ///   - spending: the quotas of money, with the worst case of what is requested.
    func admit(
        _ context: RequestContext, from origin: String?, _ caller: Caller?, to offered: OfferedSession,
        spending: [QuotaCheck]
    ) throws(Refusal) -> Step<Admitted> {
        try common.admission.admit(claim(context, from: origin, caller, to: offered, spending: spending))
            .then { [self] verdict throws(Refusal) in
                .now(try admitted(by: verdict, context, caller, to: offered))
            }
    }

    /// The name under which quotas and calls count a caller.
    func account(of caller: Caller?) -> String? { caller.map { rules.logNames.account(of: $0) } }

    /// Every limit and quota that the request has to pass.
    func claim(
        _ context: RequestContext, from origin: String?, _ caller: Caller?, to offered: OfferedSession,
        spending: [QuotaCheck]
    ) -> AdmissionClaim {
        let quotas = rules.quotas.checks(caller: account(of: caller), session: offered.session.name)
        return AdmissionClaim(
            limits: offered.limits.checks(client: context.client, caller: caller, origin: origin),
            quotas: spending.isEmpty ? quotas : quotas + spending)
    }

    /// What an admitted request goes on with, or the refusal of one that is not.
    func admitted(
        by verdict: LimitVerdict, _ context: RequestContext, _ caller: Caller?, to offered: OfferedSession
    ) throws(Refusal) -> Admitted {
        switch verdict {
        case .refused(let reached):
            report(.limitReached(reached), context)
            throw reached.refusal
        case .unavailable: throw .limitsUnavailable
        case .admitted(let standing, let taken):
            var fields = Fields()
            fields.reserveCapacity(8)
            if let standing {
                fields.append("RateLimit-Policy", offered.limits.policyField(countsCaller: caller != nil))
                fields.append("RateLimit", RateLimitFields.rateLimit(standing))
            }
            return Admitted(fields: fields, taken: taken)
        }
    }
}

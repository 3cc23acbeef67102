import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions

/// A token service with an upstream from a script, and what it wrote.
///
/// It admits the pages of app.example and shop.example, and trusts the proxy 10.0.0.1.
struct TestService {
    let service: TokenService
    let upstream: ScriptedUpstream
    let metrics: LoopMetrics
    let mintingSwitch = MintingSwitch()
    let refusals = RefusalLimiter()
    let counts: Locked<AdmissionCounts>
    private let lines = Locked<[[UInt8]]>([])
    private let reached = Locked<[ReachedLimit]>([])
    private let problems = Locked<[ClientAddress.Problem]>([])

    /// What a test may change before the service begins.
    struct Setup {
        var rules: TokenService.Rules
        var upstream = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret("sk-canary-key")])
        var ledger = QuotaLedger()
        /// Nil for the memory of this process.
        var admission: Admission?
        var state = ServiceState()
        var denials = DenyList()
        /// Keeps the calls that are created; nil for a service without calls.
        var makeKeeper: ((SpendingAccount) -> CallKeeper)?

        mutating func allowMissingOrigin() throws {
            rules.origins = OriginPolicy(allowing: try TestService.origins(), allowsMissing: true)
        }
    }

    private static func origins() throws -> [OriginPattern] {
        try ["https://app.example", "https://shop.example"].map { try OriginPattern(parsing: $0) }
    }

    init(
        _ upstream: ScriptedUpstream = ScriptedUpstream(.minted), clientLimit: String = "off",
        refusalLimit: String = "off", quotas: Quotas = Quotas(), callers: Authenticator = .anybody,
        spans: SpanBuffer? = nil, change: (inout Setup) throws -> Void = { _ in }
    ) throws {
        self.upstream = upstream
        metrics = LoopMetrics(spans: spans)
        let surroundings = upstream.clock.surroundings
        let keys = ScriptedUpstream(.failure(.timedOut))
        var setup = Setup(
            rules: TokenService.Rules(
                origins: OriginPolicy(allowing: try TestService.origins(), allowsMissing: false), callers: callers,
                proxies: TrustedProxies([try .init(parsing: "10.0.0.1")]), sessions: TestSessions.all,
                limits: RateLimits(client: try RateLimit.parseSetting(clientLimit)), quotas: quotas,
                safety: SafetyIdentifier(salt: Array("0123456789abcdef".utf8))))
        setup.rules.requestIDField = "X-Request-Id"
        setup.rules.refusalLimit = try RateLimit.parseSetting(refusalLimit)
        try change(&setup)
        counts = Locked(AdmissionCounts(limiter: RateLimiter(capacity: 64), ledger: setup.ledger))
        let calls = setup.makeKeeper.map { [counts] makeKeeper in
            CallsInMemory(makeKeeper(SpendingAccount(in: counts)), counting: counts, surroundings: surroundings)
        }
        service = TokenService(
            rules: setup.rules,
            loop: TokenService.LoopParts(
                minter: Minter(
                    upstream: setup.upstream, state: UpstreamState(), surroundings: surroundings, send: upstream.send),
                callUpstream: calls == nil
                    ? nil
                    : CallUpstream(
                        upstream: setup.upstream, state: UpstreamState(), surroundings: surroundings,
                        send: upstream.send),
                keyFetching: KeyFetching(surroundings: surroundings, send: keys.send, report: { _ in }),
                metrics: metrics, surroundings: surroundings),
            common: TokenService.CommonParts(
                admission: setup.admission ?? .inMemory(counts, surroundings: surroundings),
                refusals: refusals, state: setup.state, mintingSwitch: mintingSwitch,
                denials: setup.denials, calls: calls),
            report: { [lines, reached, problems] event, request in
                switch event {
                case .usage(let line): lines.withLock { $0.append(line) }
                case .limitReached(let limit):
                    reached.withLock { $0.append(ReachedLimit(limit: limit, client: request.client)) }
                case .forwardingProblem(let problem): problems.withLock { $0.append(problem) }
                }
            })
    }

    func respond(to request: Request) async -> Response {
        await service.respond(to: request)
    }

    /// The usage lines, as they were written.
    var usage: [String] { lines.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) } }

    /// What an operator is warned about.
    var forwardingProblems: [ClientAddress.Problem] { problems.withLock { $0 } }

    /// The limits and quotas that refused.
    var limitsReached: [ReachedLimit] { reached.withLock { $0 } }

    /// The last usage line.
    var lastUse: JSON {
        get throws { try JSON(parsing: lines.withLock { $0.last } ?? []) }
    }
}

/// A limit or quota that refused a client.
struct ReachedLimit: Sendable {
    let limit: LimitReached
    let client: ClientAddress
}

extension LimitNotices {
    mutating func notice(_ reached: ReachedLimit, now: UInt64) -> String? {
        notice(reached.limit, of: reached.client, now: now)
    }
}

extension Request {
    /// A request on the token route from an allowed page.
    static func token(
        _ body: String = "", query: String = "", method: Method = .post, origin: String? = "https://app.example",
        fields: Fields = [:], peer: String = "192.0.2.7", defect: Defect? = nil
    ) -> Request {
        var all = fields
        if let origin { all.append("Origin", origin) }
        return Request(
            method: method, target: TokenService.tokenPath + query, fields: all, body: Array(body.utf8),
            peer: IPAddress(peer).map { .ip($0, port: 4711) } ?? .unix, defect: defect)
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body; null when it is not JSON.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
}

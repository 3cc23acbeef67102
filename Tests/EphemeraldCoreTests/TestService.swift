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
    let metrics = LoopMetrics()
    private let lines = Locked<[[UInt8]]>([])
    let mintingSwitch = MintingSwitch()
    let refusals = RefusalLimiter()
    private let reached = Locked<[LimitReached]>([])
    private let remarked = Locked<[ClientAddress.Remark]>([])

    init(
        _ upstream: ScriptedUpstream = ScriptedUpstream(.minted), sessions: SessionCatalog = TestSessions.all,
        clientLimit: String = "off", totalLimit: String = "off", refusalLimit: String = "off",
        limits others: RateLimits = RateLimits(),
        quotas: Quotas = Quotas(), ledger: QuotaLedger = QuotaLedger(), allowsMissingOrigin: Bool = false,
        callers: Authenticator = .anybody, admission: Admission? = nil, files: [String: StaticFile] = [:],
        state: ServiceState = ServiceState(),
        keys: ScriptedUpstream = ScriptedUpstream(.failure(.timedOut)),
        change: (inout Upstream) -> Void = { _ in }
    ) throws {
        self.upstream = upstream
        var settings = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret("sk-canary-key")])
        change(&settings)
        let origins = try ["https://app.example", "https://shop.example"].map { try OriginPattern(parsing: $0) }
        var limits = others
        limits.client = try RateLimit.parseSetting(clientLimit)
        limits.all = try RateLimit.parseSetting(totalLimit)
        var rules = TokenService.Rules(
            origins: OriginPolicy(allowing: origins, allowsMissing: allowsMissingOrigin),
            callers: callers, proxies: TrustedProxies([try .init(parsing: "10.0.0.1")]), sessions: sessions,
            limits: limits, quotas: quotas, safety: SafetyIdentifier(salt: Array("0123456789abcdef".utf8)))
        rules.files = files
        rules.refusalLimit = try RateLimit.parseSetting(refusalLimit)
        let minter = Minter(
            upstream: settings, shared: Minter.Shared(), surroundings: upstream.clock.surroundings, send: upstream.send)
        let counts = AdmissionCounts(limiter: RateLimiter(capacity: 64), ledger: ledger)
        service = TokenService(
            rules: rules,
            admission: admission ?? .inMemory(Locked(counts), surroundings: upstream.clock.surroundings),
            minter: minter,
            keyFetching: KeyFetching(surroundings: upstream.clock.surroundings, send: keys.send, remark: { _ in }),
            metrics: metrics, surroundings: upstream.clock.surroundings, refusals: refusals,
            state: state, mintingSwitch: mintingSwitch,
            limitReached: { [reached] limit, _ in reached.withLock { $0.append(limit) } },
            writeUsage: { [lines] line in lines.withLock { $0.append(line) } },
            remark: { [remarked] remark, _, _ in remarked.withLock { $0.append(remark) } })
    }

    func respond(to request: Request) async -> Response {
        await service.respond(to: request)
    }

    /// The usage lines, as they were written.
    var usage: [String] { lines.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) } }

    /// What an operator should hear of.
    var remarks: [ClientAddress.Remark] { remarked.withLock { $0 } }

    /// The limits and quotas that refused.
    var limitsReached: [LimitReached] { reached.withLock { $0 } }

    /// The last usage line.
    var lastUse: JSON {
        get throws { try JSON(parsing: lines.withLock { $0.last } ?? []) }
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

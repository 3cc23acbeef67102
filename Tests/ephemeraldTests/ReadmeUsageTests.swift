import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import TestTools
import Testing

/// The fields of the usage log, written by seven requests in which together every field has something to say.
@Suite struct `The usage log in deploy/logs.md` {
    private let lines = Locked<[[UInt8]]>([])

    /// Mints through an upstream that answers so, behind a proxy that is trusted, with one request a minute.
    /// - Parameter isPriced: counts money, with one session that has a price.
    private func service(_ status: Status, _ answer: String, isPriced: Bool = false) throws -> TokenService {
        let priced = try TemporaryDirectory([
            "default.json": #"{"session":{"model":"m"},"access":{"price_per_minute":0.05}}"#
        ])
        let sessions = SessionCatalog.load(
            directory: isPriced ? priced.path : ReadmeTable.sessionsDirectory, today: Day(2026, 11, 22))
        let surroundings = Surroundings(
            monotonicNanoseconds: { 1 }, unixMilliseconds: { 1_795_367_772_919 }, sleep: { _ in })
        let upstream = Upstream(baseURL: "https://api.openai.com:8443/v1", keys: [Secret("sk-test")])
        let minter = Minter(upstream: upstream, state: UpstreamState(), surroundings: surroundings) { _ in
            Response(status, fields: ["x-request-id": "req_1"], body: Array(answer.utf8))
        }
        var rules = TokenService.Rules(
            origins: OriginPolicy(
                allowing: [try OriginPattern(parsing: "https://app.example")], allowsMissing: false),
            callers: Authenticator([
                .proxy(field: "X-Auth-Request-User"),
                .jwt(
                    TokenVerifier(
                        keys: .fetched(FetchedKeys(url: "")), rules: TokenRules(issuer: nil, audience: nil))),
            ]),
            proxies: TrustedProxies([.unixSocket]), sessions: sessions.catalog,
            limits: RateLimits(client: try RateLimit(parsing: "1/min")),
            safety: SafetyIdentifier(salt: SafetyIdentifier.randomSalt()))
        rules.refusalLimit = try RateLimit(parsing: "2/min")
        if isPriced { rules.spending.all = .largest }
        return TokenService(
            rules: rules,
            loop: TokenService.LoopParts(
                minter: minter,
                keyFetching: KeyFetching(
                    surroundings: surroundings, send: { _ in Response(.notFound) }, report: { _ in }),
                metrics: LoopMetrics(), surroundings: surroundings),
            common: TokenService.CommonParts(
                admission: .inMemory(Locked(AdmissionCounts()), surroundings: surroundings)),
            report: { [lines] event, _ in
                if case .usage(let line) = event { lines.withLock { $0.append(line) } }
            })
    }

    private static let fields: Fields = [
        "Host": "app.example", "Origin": "https://app.example", "User-Agent": "a browser",
        "X-Forwarded-For": "192.0.2.1", "X-Auth-Request-User": "ann",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ]

    private func request(_ fields: Fields = Self.fields, from peer: Peer = .unix) -> Request {
        Request(method: .post, target: "/api/realtime/token", fields: fields, peer: peer)
    }

    @Test func `has every field that is written, and no other`() async throws {
        let secret = #"{"value": "ek_1", "expires_at": 1, "session": {"id": "sess_1", "model": "m"}}"#
        let minting = try service(.ok, secret)
        let minted = await minting.respond(to: request())
        let limited = await minting.respond(to: request())
        let failed = try await service(.badRequest, #"{"error": {"code": "c", "message": "m"}}"#).respond(to: request())
        var withToken = Self.fields
        withToken.append("Authorization", "Bearer forged")
        let forged = request(withToken)
        let refused = await minting.respond(to: forged)
        let lost = try await service(.notFound, "").respond(to: request())
        let strange = await minting.respond(to: request(["Origin": "http://app.example"]))
        #expect(
            [minted, limited, failed, refused, lost, strange].map(\.status)
                == [.ok, .tooManyRequests, .badGateway, .unauthorized, .badGateway, .forbidden])
        #expect(await minting.respond(to: forged).status == .tooManyRequests, "beyond the limit on refusals")
        let other = request(from: .ip(IPAddress(v4: 1), port: 1))
        #expect(await minting.respond(to: other).status == .unauthorized)
        #expect(try await service(.ok, secret, isPriced: true).respond(to: request()).status == .ok)

        let written = try lines.withLock { $0 }.flatMap { try JSON(parsing: $0).objectValue?.names ?? [] }
        let listed = try ReadmeTable(under: "## The usage log", of: "deploy/logs.md").names
        #expect(Set(listed).count == listed.count)
        #expect(Set(listed) == Set(written))
    }

    @Test func `has examples of lines with no other fields`() throws {
        let listed = Set(try ReadmeTable(under: "## The usage log", of: "deploy/logs.md").names)
        // A diagnostic begins so, too, and has a severity.
        let examples = try ReadmeTable.text(of: "deploy/logs.md").split(separator: "\n").filter {
            $0.hasPrefix(#"{"timestamp""#) && !$0.contains("severity_text")
        }
        #expect(!examples.isEmpty)
        for example in examples {
            let names = try #require(try JSON(parsing: Array(example.utf8)).objectValue?.names)
            #expect(listed.isSuperset(of: names))
        }
    }
}

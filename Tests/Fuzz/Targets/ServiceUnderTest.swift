import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions

/// A token service with callers, calls and every kind of session, whose upstream answers as an input says.
struct ServiceUnderTest {
    let service: TokenService
    private let lines = Locked<[[UInt8]]>([])

    private static let apiKey = "sk-canary-key"
    private static let clock = Surroundings(
        monotonicNanoseconds: { 1_000_000_000_000 }, unixMilliseconds: { 1_795_348_800_007 }, sleep: { _ in },
        randomBits: { 0xABC })

    private static let sessions: SessionCatalog = {
        let text = #"""
            {"default":{"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"canary"}},
            "full":{"answer":"full","session":{"type":"realtime","model":"gpt-realtime-2.1"}},
            "transcribe":{"session":{"type":"transcription"}},
            "shop":{"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"Help {{customer}}.",
              "audio":{"output":{"voice":"marin"}}},
             "access":{"origins":["https://shop.example"],"variables":{"customer":{"maxLength":10}},
              "overrides":{"audio.output.voice":["marin","cedar"],"audio.output.speed":{"min":0.8,"max":1.2}}}}}
            """#
        let loaded = SessionCatalog.load(text: text, place: "here", today: Day(2026, 11, 28))
        precondition(!loaded.hasErrors, "\(loaded.findings)")
        return loaded.catalog
    }()

    private static let rules: TokenService.Rules = {
        let origins = ["https://app.example", "https://*.shop.example"].compactMap { try? OriginPattern(parsing: $0) }
        let proxies = ["10.0.0.1", "unix:"].compactMap { try? TrustedProxies.Entry(parsing: $0) }
        return TokenService.Rules(
            origins: OriginPolicy(allowing: origins, allowsMissing: true), callers: .anybody,
            proxies: TrustedProxies(proxies), sessions: sessions, limits: RateLimits(client: nil),
            safety: SafetyIdentifier(salt: Array("0123456789abcdef".utf8)))
    }()

    /// - Parameter answers: the bodies that the upstream answers with, the last again and again; none for a mint that
    ///   succeeds.
    init(answers: [[UInt8]] = [], hasCallers: Bool = false) {
        let minted = Array(#"{"value":"ek_1","expires_at":1795349400,"session":{"id":"sess_1","model":"m"}}"#.utf8)
        let bodies = Locked(answers.isEmpty ? [minted] : answers)
        let send: Minter.Send = { request throws(TransferFailure) in
            precondition(
                request.body.first != UInt8(ascii: "{") || (try? JSON(parsing: request.body)) != nil, "a mint is JSON")
            let body = bodies.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            guard let first = body.first else { throw .timedOut }
            let status = [200, 201, 400, 401, 429, 500][Int(first) % 6]
            return Response(
                Status(rawValue: answers.isEmpty ? 200 : status),
                fields: [
                    "Content-Type": "application/sdp", "x-request-id": "req_1", "Location": "/v1/realtime/calls/rtc_1",
                ], body: answers.isEmpty ? body : Array(body.dropFirst()))
        }
        var rules = ServiceUnderTest.rules
        rules.requestIDField = "X-Request-Id"
        if hasCallers { rules.callers = callersUnderTest }
        let clock = ServiceUnderTest.clock
        let upstream = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret(ServiceUnderTest.apiKey)])
        let counts = Locked(AdmissionCounts(limiter: RateLimiter(capacity: 64), ledger: QuotaLedger()))
        let keeper = CallKeeper(
            surroundings: clock,
            outlets: CallKeeper.Outlets(
                wake: { _ in }, start: { _ in }, end: { _ in .over(reportedSeconds: nil) }, settle: { _ in },
                record: { _ in true }))
        service = TokenService(
            rules: rules,
            loop: TokenService.LoopParts(
                minter: Minter(upstream: upstream, state: UpstreamState(), surroundings: clock, send: send),
                callUpstream: CallUpstream(
                    upstream: upstream, state: UpstreamState(), surroundings: clock, send: send),
                keyFetching: KeyFetching(surroundings: clock, send: send, report: { _ in }),
                metrics: LoopMetrics(spans: nil), surroundings: clock),
            common: TokenService.CommonParts(
                admission: .inMemory(counts, surroundings: clock),
                calls: CallsInMemory(keeper, counting: counts, surroundings: clock)),
            report: { [lines] event, _ in
                if case .usage(let line) = event { lines.withLock { $0.append(line) } }
            })
    }

    /// Answers a request, and looks at what is written about it.
    func answer(_ request: Request) {
        switch service.reply(to: request) {
        case .now(let response): check(response)
        case .later(let respond):
            let made = Locked<Response?>(nil)
            // Nothing here waits, so the task runs to its end at once.
            Task.immediate {
                let response = await respond()
                made.withLock { $0 = response }
            }
            guard let response = made.withLock({ $0 }) else { preconditionFailure("an answer without waiting") }
            check(response)
        }
    }

    private func check(_ response: Response) {
        precondition((200..<600).contains(response.status.rawValue), "a status")
        for field in response.fields.all {
            precondition(!field.value.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "\(field.name) is one line")
        }
        if response.status.rawValue >= 400, !response.body.isEmpty {
            precondition((try? JSON(parsing: response.body)) != nil, "a refusal is JSON")
        }
        for text in lines.withLock({ $0 }) + [response.body] {
            precondition(!String(decoding: text, as: UTF8.self).contains(ServiceUnderTest.apiKey), "no key is shown")
        }
        for line in lines.withLock({ $0 }) {
            precondition(line.count < 4_096 + 1, "a usage line has less than 4 kB")
            precondition(UsageRecord(line) != nil, "a usage line is read back")
        }
    }
}

/// A request with its upstream's answers. The first byte chooses the peer and whether callers need credentials; the first
/// line has method and target, the lines after it are fields, the body follows an empty line. After a line `---` the
/// upstream answers: a byte for the status, and the body.
func tryRequest(_ input: [UInt8]) {
    guard let choice = input.first else { return }
    let parts = Array(input.dropFirst()).parts
    let lines = parts[0].split(separator: 0x0A, maxSplits: 40, omittingEmptySubsequences: false)
    let head = lines.prefix { !$0.isEmpty }
    let start = head.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    let words = start.split(separator: " ", maxSplits: 1).map(String.init)
    var fields = Fields()
    for line in head.dropFirst() {
        let text = String(decoding: line, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":") else { continue }
        // What libmicrohttpd lets through: no control characters.
        let value = text[text.index(after: colon)...].unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        fields.append(String(text[..<colon]), String(String.UnicodeScalarView(value)))
    }
    let body = Array(lines.dropFirst(head.count + 1).joined(separator: [0x0A]))
    let peer: Peer = choice & 1 == 0 ? .unix : .ip(IPAddress(v4: 0xC000_0201), port: 1)
    let request = Request(
        method: Method(rawValue: words.first ?? "POST"), target: words.dropFirst().first ?? "/", fields: fields,
        body: body, peer: peer)
    ServiceUnderTest(answers: Array(parts.dropFirst().prefix(3)), hasCallers: choice & 2 != 0).answer(request)
}

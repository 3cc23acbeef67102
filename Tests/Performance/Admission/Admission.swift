import CLinux
import Crypto
import EphemeraldCore
import Glibc
import HTTP
import Locking
import Sessions

/// What admission costs a request: the whole service, with an upstream that answers at once, under one set of rules
/// after the other. Figures are CPU time, and the differences count: what is measured is the same but for admission.
@main
struct AdmissionBenchmark {
    static let requests = 20_000
    static let rounds = 7

    static func main() async throws {
        let key = BearerKey()
        var keys = BearerKeys()
        let isAdded = keys.add("ann", digest: Array(SHA256.hash(data: Array(key.key.reveal().utf8))))
        precondition(isAdded, "a new name and a new key")
        let five = try RateLimit(parsing: "1000000/s burst 1000000")
        let limits = RateLimits(client: five, caller: five, origin: five, session: five, all: five)
        let token = signedToken()
        let cases: [(name: String, service: TokenService, authorization: String?)] = [
            ("nobody asked, no limit", try service(.anybody, RateLimits()), nil),
            ("five limits", try service(.anybody, limits), nil),
            ("five limits, a bearer key", try service(Authenticator([.bearer(keys)]), limits), key.key.reveal()),
            ("five limits, an HS256 token", try service(Authenticator([.jwt(try verifier())]), limits), token),
        ]
        var best = Array(repeating: UInt64.max, count: cases.count)
        // Round by round, so that a busy moment of the machine falls on all of them.
        for _ in 0..<rounds {
            for (index, one) in cases.enumerated() {
                best[index] = min(best[index], await measure(one.service, authorization: one.authorization))
            }
        }
        print("CPU time of a whole request, the best of \(rounds) rounds of \(requests):")
        for (index, one) in cases.enumerated() {
            let cost = Double(best[index]) / 1_000
            let more = (Double(best[index]) - Double(best[0])) / 1_000
            print("  \(one.name): \(cost.tenths) us, \(more.tenths) us more than the first")
        }
    }

    static func measure(_ service: TokenService, authorization: String?) async -> UInt64 {
        var fields: Fields = ["Host": "token.example", "Origin": "https://app.example", "User-Agent": "a benchmark"]
        if let authorization { fields.append("Authorization", "Bearer \(authorization)") }
        guard let address = IPAddress("192.0.2.7") else { preconditionFailure("this is an address") }
        let request = Request(
            method: .post, target: TokenService.tokenPath, fields: fields, peer: .ip(address, port: 4711))
        let began = clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
        for _ in 0..<requests {
            let response = await service.respond(to: request)
            precondition(response.status == .ok, "a refused request measures something else")
        }
        return UInt64(clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - began) / UInt64(requests)
    }

    static func service(_ callers: Authenticator, _ limits: RateLimits) throws -> TokenService {
        let surroundings = Surroundings(
            monotonicNanoseconds: { UInt64(clinux_nanoseconds(CLOCK_MONOTONIC)) },
            unixMilliseconds: { Int64(clinux_nanoseconds(CLOCK_REALTIME) / 1_000_000) }, sleep: { _ in })
        let rules = TokenService.Rules(
            origins: OriginPolicy(allowing: [try OriginPattern(parsing: "https://app.example")], allowsMissing: false),
            callers: callers, proxies: TrustedProxies.none,
            sessions: SessionCatalog.load(directory: "sessions", today: Day(2026, 11, 22)).catalog, limits: limits,
            safety: SafetyIdentifier(salt: SafetyIdentifier.randomSalt()))
        let answer = Response(
            .ok, body: Array(#"{"value":"ek_1","expires_at":1,"session":{"id":"sess_1"}}"#.utf8))
        return TokenService(
            rules: rules, admission: .inMemory(Locked(AdmissionCounts()), surroundings: surroundings),
            minter: Minter(
                upstream: Upstream(baseURL: "https://api.openai.example/v1", keys: [Secret("sk-1")]),
                shared: Minter.Shared(), surroundings: surroundings, send: { _ in answer }),
            keyFetching: KeyFetching(surroundings: surroundings, send: { _ in answer }, remark: { _ in }),
            metrics: LoopMetrics(), surroundings: surroundings, writeUsage: { _ in }, remark: { _, _ in })
    }

    private static let secret = Array("0123456789abcdef0123456789abcdef".utf8)

    static func verifier() throws -> TokenVerifier {
        TokenVerifier(
            keys: .fixed(try KeySet(file: secret)),
            rules: TokenRules(issuer: "https://issuer.example", audience: "ephemerald"))
    }

    /// A token as identity providers make them, good for a day.
    static func signedToken() -> String {
        let now = clinux_nanoseconds(CLOCK_REALTIME) / 1_000_000_000
        let times = #""iat":\#(now),"exp":\#(now + 86_400)"#
        let claims = #"{"iss":"https://issuer.example","sub":"ann","aud":"ephemerald",\#(times)}"#
        let text = "\(base64URL(#"{"alg":"HS256","typ":"JWT"}"#.utf8)).\(base64URL(claims.utf8))"
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: secret))
        return "\(text).\(base64URL(code))"
    }

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var (bits, count, text) = (UInt32(0), 0, [UInt8]())
        for byte in bytes {
            (bits, count) = (bits << 8 | UInt32(byte), count + 8)
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Double {
    /// With one digit behind the point.
    fileprivate var tenths: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

import CLinux
import Cryptography
import EphemeraldCore
import Glibc
import HTTP
import Locking
import Sessions

/// What admission costs a request: the whole service, with an upstream that answers at once, under one set of rules and
/// another. Figures are CPU time, and the differences count: what is measured is the same but for admission.
///
/// Without arguments it prints times. With `CASE REQUESTS` it answers that many requests under one set of rules, by its
/// index, and prints nothing: for a program that counts instructions.
@main
struct AdmissionBenchmark {
    /// So few that one slice of time of a busy machine seldom ends among them.
    static let requests = 50
    static let rounds = 4_000

    static func main() async throws {
        let cases = try cases()
        let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
        if arguments.count == 2, let index = arguments[0], let count = arguments[1], cases.indices.contains(index) {
            _ = await nanoseconds(cases[index], requests: count)
            return
        }
        guard arguments.isEmpty else { return print("usage: AdmissionBenchmark [CASE REQUESTS]") }

        for one in cases { _ = await nanoseconds(one, requests: 20 * requests) }
        // One after the other in each round, so that a busy moment of the machine falls on all of them; a round that
        // it fell on unevenly stands at the end of its column and not in the middle.
        var columns = Array(repeating: [Double](), count: cases.count)
        for _ in 0..<rounds {
            for (index, one) in cases.enumerated() {
                columns[index].append(await nanoseconds(one, requests: requests) / Double(requests) / 1_000)
            }
        }
        print("CPU time of a whole request in us, \(rounds) rounds of \(requests): median (quartiles)")
        for (index, one) in cases.enumerated() {
            print("  \(one.name): \(Spread(columns[index]))")
        }
        print("More than the case before:")
        for index in cases.indices.dropFirst() {
            print("  \(cases[index].name): \(Spread(zip(columns[index], columns[index - 1]).map { $0 - $1 }))")
        }
    }

    /// One set of rules, and what callers show.
    struct Case {
        let name: String
        let service: TokenService
        let authorization: String?
        var answer = Status.ok
    }

    static func cases() throws -> [Case] {
        let key = BearerKey()
        var keys = BearerKeys()
        let isAdded = keys.add("ann", digest: HashFunction.sha256.hash(Array(key.key.reveal().utf8)))
        precondition(isAdded, "a new name and a new key")
        let five = try RateLimit(parsing: "1000000/s burst 1000000")
        let limits = RateLimits(client: five, caller: five, origin: five, session: five, all: five)
        return [
            Case(name: "nobody asked, no limit", service: try service(.anybody, RateLimits()), authorization: nil),
            Case(
                name: "five limits and a bearer key", service: try service(Authenticator([.bearer(keys)]), limits),
                authorization: key.key.reveal()),
            Case(
                name: "five limits and an HS256 token",
                service: try service(Authenticator([.jwt(try verifier())]), limits), authorization: signedToken()),
            try wrongKey(among: 10), try wrongKey(among: 14_000),
        ]
    }

    /// A key that is none of so many.
    static func wrongKey(among count: Int) throws -> Case {
        var keys = BearerKeys()
        for index in 0..<count {
            let isAdded = keys.add("caller\(index)", digest: HashFunction.sha256.hash(Array("key \(index)".utf8)))
            precondition(isAdded, "a new name and a new key")
        }
        return Case(
            name: "a wrong key, among \(count)", service: try service(Authenticator([.bearer(keys)]), RateLimits()),
            authorization: "eph_wrong", answer: .unauthorized)
    }

    /// The CPU time of that many requests.
    static func nanoseconds(_ one: Case, requests: Int) async -> Double {
        var fields: Fields = ["Host": "token.example", "Origin": "https://app.example", "User-Agent": "a benchmark"]
        if let authorization = one.authorization { fields.append("Authorization", "Bearer \(authorization)") }
        guard let address = IPAddress("192.0.2.7") else { preconditionFailure("this is an address") }
        let request = Request(
            method: .post, target: TokenService.tokenPath, fields: fields, peer: .ip(address, port: 4711))
        let began = clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
        for _ in 0..<requests {
            let response = await one.service.respond(to: request)
            precondition(response.status == one.answer, "another answer measures something else")
        }
        return Double(clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - began)
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
        let minter = Minter(
            upstream: Upstream(baseURL: "https://api.openai.example/v1", keys: [Secret("sk-1")]),
            state: UpstreamState(), surroundings: surroundings, send: { _ in answer })
        return TokenService(
            rules: rules,
            loop: TokenService.LoopParts(
                minter: minter,
                keyFetching: KeyFetching(surroundings: surroundings, send: { _ in answer }, report: { _ in }),
                metrics: LoopMetrics(), surroundings: surroundings),
            common: TokenService.CommonParts(
                admission: .inMemory(Locked(AdmissionCounts()), surroundings: surroundings)),
            report: { _, _ in })
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
        let code = HMAC(key: secret).code(for: Array(text.utf8))
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

/// The middle of many figures, and how far they lie apart.
struct Spread: CustomStringConvertible {
    let quartiles: [Double]

    init(_ figures: [Double]) {
        let sorted = figures.sorted()
        quartiles = (1...3).map { sorted[sorted.count * $0 / 4] }
    }

    var description: String { "\(quartiles[1].tenths) (\(quartiles[0].tenths) to \(quartiles[2].tenths))" }
}

extension Double {
    /// With one digit behind the point.
    fileprivate var tenths: String {
        let tenths = Int((abs(self) * 10).rounded())
        return "\(self < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }
}

import Cryptography
import EphemeraldCore
import TestSigning
import Testing

/// A token of an attacker, and the flaw for which it is refused.
struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let token: String
    let outcome: String

    init(_ name: String, _ token: String, _ outcome: String) {
        (testDescription, self.token, self.outcome) = (name, token, outcome)
    }

    private static func header(_ name: String, _ header: String, _ outcome: String) -> Self {
        Self(name, TestKeys.token(header: header), outcome)
    }

    private static func signed(_ algorithm: String, _ signature: (String) -> [UInt8]) -> String {
        let parts = TestKeys.token(TestKeys.claims(), algorithm).split(separator: ".")
        let input = "\(parts[0]).\(parts[1])"
        return "\(input).\(TestKeys.base64URL(signature(input)))"
    }

    static let algorithms: [Self] =
        ["none", "None", "nOnE", "NONE", "", "HS384", "hs256", "RS384", "ES384", "RS256 ", "HS256\\u0000"].map {
            header("the algorithm \($0)", #"{"alg":"\#($0)","kid":"HS256"}"#, "algorithm")
        } + [
            Self(
                "none without a signature",
                "\(TestKeys.base64URL(Array(#"{"alg":"none"}"#.utf8))).\(TestKeys.base64URL(Array(TestKeys.claims().utf8))).",
                "algorithm"),
            header("no algorithm", #"{"kid":"HS256"}"#, "malformed"),
            header("an algorithm that is no text", #"{"alg":256,"kid":"HS256"}"#, "malformed"),
            header("HS256 by the kid of RS256", #"{"alg":"HS256","kid":"RS256"}"#, "algorithm"),
            Self(
                "RS256 by the kid of PS256",
                TestKeys.token(header: #"{"alg":"RS256","kid":"PS256"}"#, "RS256"), "algorithm"),
            Self(
                "PS256 by the kid of RS256",
                TestKeys.token(header: #"{"alg":"PS256","kid":"RS256"}"#, "PS256"), "algorithm"),
            Self(
                "a signature of RS256 that is called PS256",
                TestKeys.token(header: #"{"alg":"PS256","kid":"PS256"}"#, "RS256"), "signature"),
            Self(
                "the padding of PS256 with the key of RS256",
                signed("RS256") { TestKeys.rsa.sign(Array($0.utf8), padding: .pss(salt: 32)) }, "signature"),
            Self(
                "HS256 with the public key of RS256 in PEM for a secret",
                signed("HS256") { HMAC(key: Array(TestKeys.rsa.publicPEM.utf8)).code(for: Array($0.utf8)) },
                "signature"),
            Self(
                "P-384 called ES256",
                signed("ES256") { TestKeys.p384.signAsRS(Array($0.utf8), hash: "SHA384") }, "signature"),
            Self(
                "DER in place of R and S",
                signed("ES256") { TestKeys.p256.sign(Array($0.utf8)) }, "signature"),
            Self("R and S of zero", signed("ES256") { _ in Array(repeating: 0, count: 64) }, "signature"),
            Self(
                "a signature of zeros for RS256", signed("RS256") { _ in Array(repeating: 0, count: 256) }, "signature"),
            Self(
                "a signature of zeros for EdDSA", signed("EdDSA") { _ in Array(repeating: 0, count: 64) }, "signature"),
        ] + TestKeys.algorithms.map { Self("an empty signature for \($0)", signed($0) { _ in [] }, "signature") }

    static let headers: [Self] = [
        header("the kid ../../etc/passwd", #"{"alg":"HS256","kid":"../../etc/passwd"}"#, "unknown_key"),
        header("a kid with a quote", #"{"alg":"HS256","kid":"' OR '1'='1"}"#, "unknown_key"),
        header("a kid with a NUL", #"{"alg":"HS256","kid":"HS256\u0000"}"#, "unknown_key"),
        header("an empty kid", #"{"alg":"HS256","kid":""}"#, "unknown_key"),
        header(
            "a header of 1,024 bytes", #"{"alg":"HS256","kid":"\#(String(repeating: "k", count: 1_000))"}"#,
            "unknown_key"),
        header(
            "a header of 1,025 bytes", #"{"alg":"HS256","kid":"\#(String(repeating: "k", count: 1_001))"}"#, "too_long"),
        header(
            "a header of 5,000 members",
            #"{"alg":"HS256"\#((0..<500).map { #","m\#($0)":0"# }.joined())}"#, "too_long"),
        header("a kid that is no text", #"{"alg":"HS256","kid":7}"#, "malformed"),
        header("a kid of null", #"{"alg":"HS256","kid":null}"#, "malformed"),
        header("crit", #"{"alg":"HS256","kid":"HS256","crit":["exp"],"exp":1}"#, "critical"),
        header("crit of b64", #"{"alg":"HS256","kid":"HS256","b64":false,"crit":["b64"]}"#, "critical"),
        header("an empty crit", #"{"alg":"HS256","kid":"HS256","crit":[]}"#, "critical"),
        header("alg twice", #"{"alg":"none","kid":"HS256","alg":"HS256"}"#, "malformed"),
        header("alg twice, once escaped", #"{"alg":"HS256","kid":"HS256","\u0061lg":"none"}"#, "malformed"),
        header("kid twice", #"{"alg":"HS256","kid":"a","kid":"HS256"}"#, "malformed"),
        header("no object", #"["alg","HS256"]"#, "malformed"),
        header("a tail", #"{"alg":"HS256","kid":"HS256"}x"#, "malformed"),
        Self("a key of its own", own(#""jwk":{"kty":"oct","k":"\#(TestKeys.base64URL(stranger))"}"#), "signature"),
        Self("an address of keys", own(#""jku":"https://evil.example/keys""#), "signature"),
        Self("a certificate of its own", own(#""x5c":["MIIB"],"x5u":"https://evil.example/cert""#), "signature"),
        header(
            "members without a meaning", #"{"alg":"HS256","kid":"HS256","jku":"https://x.example","typ":"x"}"#, "ann"),
    ]

    private static let stranger = Array("the stranger's own secret, 32 or more".utf8)

    private static func own(_ member: String) -> String {
        let header = #"{"alg":"HS256","kid":"HS256",\#(member)}"#
        let input = [header, TestKeys.claims()].map { TestKeys.base64URL(Array($0.utf8)) }.joined(separator: ".")
        let code = HMAC(key: stranger).code(for: Array(input.utf8))
        return "\(input).\(TestKeys.base64URL(code))"
    }
}

@Suite struct `A token by a stranger` {
    @Test(arguments: Attack.algorithms)
    func `does not choose how it is verified`(attack: Attack) async {
        #expect(await TokenTrial().outcome(attack.token) == attack.outcome)
    }

    @Test(arguments: Attack.headers)
    func `brings no key, and finds none by a name`(attack: Attack) async {
        #expect(await TokenTrial().outcome(attack.token) == attack.outcome)
    }

    @Test(arguments: [
        #"{"sub":"ann","exp":\#(TestKeys.now + 60),"sub":"bob"}"#,
        #"{"exp":1,"sub":"ann","exp":\#(TestKeys.now + 60)}"#,
        #"{"sub":"ann","exp":\#(TestKeys.now + 60),"\u0073ub":"bob"}"#,
        #"{"sub":"ann","exp":\#(TestKeys.now + 60),"x":{"a":1,"a":2}}"#,
        #"{"sub":"ann","exp":\#(TestKeys.now + 60)} "x""#, #"["ann"]"#, "", "null", "\u{FEFF}{}",
        #"{'sub':'ann'}"#,
    ])
    func `has claims that everybody reads alike`(claims: String) async {
        #expect(await TokenTrial().outcome(TestKeys.token(claims)) == "claims")
    }

    @Test func `has one spelling`() async {
        let token = TestKeys.token()
        let parts = token.split(separator: ".").map(String.init)
        #expect(await TokenTrial().outcome(token) == "ann")
        // 32 bytes end in four bits of the last letter, and two that must be zero.
        let last = parts[2].suffix(1)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let next = letters.firstIndex(of: Character(String(last))).map { letters[letters.index(after: $0)] } ?? "_"
        let others = [
            "\(token)=", "\(parts[0])=.\(parts[1]).\(parts[2])", "\(token).", "\(token).x", ".\(token)", "\(token)~",
            "\(parts[0]).\(parts[1])", "\(parts[0])..\(parts[2])", "..", "", "x", "\(token)\n", "\(token) x",
            "\(parts[0]).\(parts[1]).\(parts[2].dropLast())\(next)", "\(parts[0]).\(parts[1]).+/==",
            "\(parts[0]).\(parts[1]).a/+b", "\(parts[0]).\(parts[1]).A",
        ]
        for other in others {
            let outcome = await TokenTrial().outcome(other)
            // Without anything after the scheme there is no token; an empty middle would not be JSON, even if signed.
            #expect(["malformed", "authentication_failed", "signature"].contains(outcome), "\(other): \(outcome)")
        }
    }

    @Test func `is not looked at beyond 8 KiB`() async {
        let claims = TestKeys.claims(#","x":"\#(String(repeating: "x", count: 5_900))""#)
        #expect(await TokenTrial().outcome(TestKeys.token(claims)) == "ann")
        let longer = TestKeys.claims(#","x":"\#(String(repeating: "x", count: 6_100))""#)
        #expect(await TokenTrial().outcome(TestKeys.token(longer)) == "too_long")
    }
}

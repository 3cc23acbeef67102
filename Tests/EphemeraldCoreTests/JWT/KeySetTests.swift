import EphemeraldCore
import JSON
import TestSigning
import Testing
import Text

@Suite struct `A set of keys` {
    private func reading(_ text: String, allowsSecrets: Bool = true) -> (set: KeySet?, reason: String) {
        do throws(Invalid) {
            let set = try KeySet(jwks: Array(text.utf8), allowsSecrets: allowsSecrets)
            return (set, set.remarks.joined(separator: "; "))
        } catch {
            return (nil, error.reason)
        }
    }

    private static let es = TestKeys.jwk("ES256")
    private static let rs = TestKeys.jwk("RS256")

    @Test(arguments: [
        ("", "not JSON"), ("[]", "not a JSON object"), ("{}", "no member keys"), (#"{"keys":{}}"#, "no member keys"),
        (#"{"keys":[]}"#, "contains no key"), (#"{"keys":[],"keys":[]}"#, "is repeated"),
        (#"{"keys":[\#(es),\#(es)]}"#, #"two keys for ES256 have the kid "ES256""#),
        (#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, "fewer than 32 bytes"),
    ])
    func `that cannot be used is refused with the reason`(text: String, reason: String) {
        let read = reading(text)
        #expect(read.set == nil)
        #expect(read.reason.contains(reason), "\(read.reason)")
    }

    @Test(arguments: [
        (TestKeys.jwk("ES256", more: #","use":"enc""#), "its use is not sig"),
        (TestKeys.jwk("ES256", more: #","key_ops":["sign"]"#), "key_ops"),
        (TestKeys.jwk("ES256", more: #","d":"AAAA""#), "private key"),
        (TestKeys.jwk("RS256", more: #","d":"AAAA""#), "private key"),
        (TestKeys.jwk("EdDSA", more: #","d":"AAAA""#), "private key"),
        (TestKeys.jwk("ES256", more: #","alg":"ES384""#), "its alg is not ES256"),
        (TestKeys.jwk("ES256", more: #","alg":"HS256""#), "its alg is not ES256"),
        (TestKeys.jwk("ES256", more: #","alg":"none""#), "its alg is not ES256"),
        (TestKeys.jwk("HS256", more: #","alg":"HS512""#), "its alg is not HS256"),
        (rs.replacing(#""alg":"RS256""#, with: #""alg":"RS384""#), "its alg is not RS256 or PS256"),
        (es.replacing("P-256", with: "P-384"), "its curve is not P-256"),
        (es.replacing("P-256", with: "secp256k1"), "its curve is not P-256"),
        (TestKeys.jwk("EdDSA").replacing("Ed25519", with: "Ed448"), "its curve is not Ed25519"),
        (TestKeys.jwk("EdDSA").replacing("Ed25519", with: "X25519"), "its curve is not Ed25519"),
        (#"{"kty":"EC","crv":"P-256","x":"\#(String(repeating: "A", count: 43))","y":"AA"}"#, "not a point on P-256"),
        (#"{"kty":"RSA","n":"\#(small)","e":"AQAB"}"#, "2048 to 8192 bits"),
        (#"{"kty":"RSA","n":"AQAB"}"#, "its member e"), (#"{"kty":"DSA"}"#, "its kty is not RSA"), ("{}", "no kty"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"a+b="}"#, "its member x"), ("7", "no kty"),
    ])
    func `leaves out what it cannot use, and keeps the rest`(key: String, reason: String) async throws {
        let read = reading(#"{"keys":[\#(key),\#(Self.rs)]}"#)
        let set = try #require(read.set, "\(read.reason)")
        #expect(read.reason.hasPrefix("key 1") && read.reason.contains(reason), "\(read.reason)")
        #expect(set.algorithms == "RS256" && set.count == 1)
    }

    private static let small = TestKeys.base64URL(PrivateKey(rsaBits: 1_024).number("n"))

    @Test func `from an address holds no secrets`() {
        #expect(reading(#"{"keys":[\#(TestKeys.jwk("HS256"))]}"#, allowsSecrets: false).reason.contains("is secret"))
    }

    @Test func `has 64 keys at most`() {
        let keys = (0..<65).map { TestKeys.jwk("EdDSA", id: "\($0)") }
        #expect(reading(#"{"keys":[\#(keys.joined(separator: ","))]}"#).reason.contains("more than 64"))
        #expect(reading(#"{"keys":[\#(keys.dropLast().joined(separator: ","))]}"#).set?.count == 64)
    }

    @Test func `uses RSA for RS256 unless its alg says PS256`() {
        let key = Self.rs.replacing(#""alg":"RS256","#, with: "")
        #expect(reading(#"{"keys":[\#(key)]}"#).set?.algorithms == "RS256")
        #expect(reading(key).set?.algorithms == "RS256")
        #expect(reading(TestKeys.jwk("PS256")).set?.algorithms == "PS256")
    }

    @Test func `finds a key by its kid, or the only one there is`() async {
        func header(_ kid: String?) -> String {
            TestKeys.token(header: #"{"alg":"ES256"\#(kid.map { #","kid":"\#($0)""# } ?? "")}"#, "ES256")
        }
        let nameless = Self.es.replacing(#","kid":"ES256""#, with: "")
        #expect(await TokenTrial(TestKeys.set([Self.es, Self.rs])).outcome(header(nil)) == "ann")
        #expect(await TokenTrial(TestKeys.set([Self.es, Self.rs])).outcome(header("x")) == "unknown_key")
        #expect(await TokenTrial(TestKeys.set([nameless, Self.rs])).outcome(header("x")) == "ann")
        let two = TestKeys.set([TestKeys.jwk("ES256", id: "a"), TestKeys.jwk("ES256", id: "b")])
        #expect(await TokenTrial(two).outcome(header(nil)) == "ambiguous_key")
        #expect(await TokenTrial(two).outcome(header("b")) == "ann")
        #expect(await TokenTrial(two).outcome(header("B")) == "unknown_key")
    }
}

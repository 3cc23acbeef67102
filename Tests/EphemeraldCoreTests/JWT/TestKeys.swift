import Cryptography
import EphemeraldCore
import Foundation
import TestSigning

/// Keys of an issuer, one for each algorithm, and what it signs with them.
enum TestKeys {
    static let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)
    static let rsa = PrivateKey(rsaBits: 2_048)
    static let pss = PrivateKey(rsaBits: 2_048)
    static let p256 = PrivateKey(curve: "P-256")
    static let p384 = PrivateKey(curve: "P-384")
    static let ed25519 = PrivateKey()

    static let algorithms = ["HS256", "RS256", "PS256", "ES256", "EdDSA"]

    /// The public halves, each under its algorithm for a kid, and the secret.
    static let all = set([jwk("HS256"), jwk("RS256"), jwk("PS256"), jwk("ES256"), jwk("EdDSA")])

    /// The key for that algorithm as JSON.
    /// - Parameter more: members, with a comma in front.
    static func jwk(_ algorithm: String, id: String? = nil, more: String = "") -> String {
        let id = id ?? algorithm
        let end = #""kid":"\#(id)"\#(more)}"#
        switch algorithm {
        case "HS256": return #"{"kty":"oct","k":"\#(base64URL(secret))",\#(end)"#
        case "RS256", "PS256":
            let key = algorithm == "RS256" ? rsa : pss
            let (n, e) = (base64URL(key.number("n")), base64URL(key.number("e")))
            return #"{"kty":"RSA","alg":"\#(algorithm)","n":"\#(n)","e":"\#(e)",\#(end)"#
        case "ES256":
            let (x, y) = (base64URL(p256.number("qx")), base64URL(p256.number("qy")))
            return #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)",\#(end)"#
        default:
            return #"{"kty":"OKP","crv":"Ed25519","x":"\#(base64URL(ed25519.publicKeyInfo.suffix(32)))",\#(end)"#
        }
    }

    /// The text of a JWKS.
    static func jwks(_ keys: [String]) -> [UInt8] {
        Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    static func set(_ keys: [String]) -> KeySet {
        made { try KeySet(jwks: jwks(keys), allowsSecrets: true) }
    }

    /// A signature in the form of the algorithm.
    static func signature(of input: String, _ algorithm: String) -> [UInt8] {
        let bytes = Array(input.utf8)
        return switch algorithm {
        case "HS256": HMAC(key: secret).code(for: bytes)
        case "RS256": rsa.sign(bytes)
        case "PS256": pss.sign(bytes, padding: .pss(salt: 32))
        case "ES256": p256.signAsRS(bytes)
        default: ed25519.sign(bytes)
        }
    }

    /// A token with that header and those claims, signed with the key for the algorithm.
    /// - Parameter header: JSON; by default `alg` and `kid` are the algorithm.
    static func token(_ claims: String = claims(), header: String? = nil, _ algorithm: String = "HS256") -> String {
        let header = header ?? #"{"alg":"\#(algorithm)","kid":"\#(algorithm)"}"#
        let input = "\(base64URL(Array(header.utf8))).\(base64URL(Array(claims.utf8)))"
        return "\(input).\(base64URL(signature(of: input, algorithm)))"
    }

    /// 2026-11-22T12:00:00Z.
    static let now = 1_795_348_800

    /// Claims with which nothing is wrong, but for the changes.
    static func claims(_ more: String = "") -> String {
        #"{"sub":"ann","exp":\#(now + 60)\#(more)}"#
    }

    static func pem(_ label: String, _ der: [UInt8]) -> String {
        let base64 = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func made<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { preconditionFailure("a key of a test: \(error)") }
    }
}

extension PrivateKey {
    var publicPEM: String { TestKeys.pem("PUBLIC KEY", publicKeyInfo) }
    var privatePEM: String { TestKeys.pem("PRIVATE KEY", privateKey) }
}

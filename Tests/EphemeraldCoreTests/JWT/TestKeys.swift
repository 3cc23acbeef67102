import Crypto
import CryptoExtras
import EphemeraldCore
import Foundation

/// Keys of an issuer, one for each algorithm, and what it signs with them.
enum TestKeys {
    static let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)
    static let rsa = made { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    static let pss = made { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    static let p256 = P256.Signing.PrivateKey()
    static let p384 = P384.Signing.PrivateKey()
    static let ed25519 = Curve25519.Signing.PrivateKey()

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
            let numbers = made { try key.publicKey.getKeyPrimitives() }
            let (n, e) = (base64URL(numbers.modulus), base64URL(numbers.publicExponent))
            return #"{"kty":"RSA","alg":"\#(algorithm)","n":"\#(n)","e":"\#(e)",\#(end)"#
        case "ES256":
            let point = p256.publicKey.rawRepresentation
            let (x, y) = (base64URL(point.prefix(32)), base64URL(point.suffix(32)))
            return #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)",\#(end)"#
        default:
            return #"{"kty":"OKP","crv":"Ed25519","x":"\#(base64URL(ed25519.publicKey.rawRepresentation))",\#(end)"#
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
        return made {
            switch algorithm {
            case "HS256": Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: secret)))
            case "RS256":
                Array(
                    try rsa.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
            case "PS256": Array(try pss.signature(for: SHA256.hash(data: bytes), padding: .PSS).rawRepresentation)
            case "ES256": Array(try p256.signature(for: bytes).rawRepresentation)
            default: Array(try ed25519.signature(for: bytes))
            }
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

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func made<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { preconditionFailure("a key of a test: \(error)") }
    }
}

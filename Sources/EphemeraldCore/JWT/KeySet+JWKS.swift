import Cryptography
import JSON
package import Text

/// Keys in JSON: a set (RFC 7517 section 5), or a single key.
extension KeySet {
    /// Reads a set. Keys that cannot be used here are left out and reported, as section 5 requires: a provider may add
    /// keys for other purposes.
    /// - Parameter allowsSecrets: whether keys for HS256 are accepted; what an address serves is not a secret.
    package init(jwks text: [UInt8], allowsSecrets: Bool) throws(Invalid) {
        let json: JSON
        do { json = try JSON(parsing: text) } catch { throw Invalid("this is not JSON: \(error)") }
        guard let set = json.objectValue else { throw Invalid("this is not a JSON object; a JWKS has a member keys") }
        guard let entries = set["keys"]?.arrayValue ?? (set["kty"] == nil ? nil : [json]) else {
            throw Invalid("there is no member keys, which a JWKS must have")
        }
        guard entries.count <= KeySet.limit else { throw Invalid("there are more than \(KeySet.limit) keys in it") }
        var keys: [VerificationKey] = []
        var remarks: [String] = []
        for (index, entry) in entries.enumerated() {
            do throws(Invalid) {
                keys.append(try VerificationKey(jwk: entry, allowsSecrets: allowsSecrets))
            } catch {
                let id = entry["kid"]?.stringValue.map { " (\($0.loggable(64).debugDescription))" } ?? ""
                remarks.append("key \(index + 1)\(id) is left out: \(error.reason)")
            }
        }
        try self.init(keys, remarks: remarks)
    }
}

extension VerificationKey {
    /// Reads a key. Its algorithm is `alg`, else the only one for its type; for RSA that is RS256.
    fileprivate init(jwk: JSON, allowsSecrets: Bool) throws(Invalid) {
        guard let type = jwk["kty"]?.stringValue else { throw Invalid("it has no kty") }
        if let use = jwk["use"], use.stringValue != "sig" { throw Invalid("its use is not sig") }
        if let operations = jwk["key_ops"], operations.arrayValue?.contains("verify") != true {
            throw Invalid("its key_ops do not have verify")
        }
        if type != "oct", jwk["d"] != nil {
            throw Invalid("it is a private key, with which anybody could make tokens; give only the public half")
        }
        let id = try VerificationKey.id(of: jwk)
        switch type {
        case "RSA": self = try .rsa(jwk, id: id)
        case "EC": self = try .p256(jwk, id: id)
        case "OKP": self = try .ed25519(jwk, id: id)
        case "oct":
            guard allowsSecrets else {
                throw Invalid("a key for HS256 is secret and must not be fetched from an address")
            }
            try VerificationKey.check(jwk, is: [.hs256])
            guard let key = VerificationKey(secret: try bytes("k", of: jwk), id: id) else {
                throw Invalid("it has fewer than 32 bytes")
            }
            self = key
        default: throw Invalid("its kty is not RSA, EC, OKP or oct")
        }
    }

    private static func rsa(_ jwk: JSON, id: String?) throws(Invalid) -> Self {
        let algorithm = try check(jwk, is: [.rs256, .ps256])
        let (modulus, exponent) = (try bytes("n", of: jwk), try bytes("e", of: jwk))
        guard let key = try? PublicKey(modulus: modulus, exponent: exponent, isPSS: algorithm == .ps256) else {
            throw Invalid("it is not an RSA key of 2048 to 8192 bits")
        }
        return try VerificationKey(key, id: id)
    }

    private static func p256(_ jwk: JSON, id: String?) throws(Invalid) -> Self {
        try check(jwk, is: [.es256])
        guard jwk["crv"]?.stringValue == "P-256" else { throw Invalid("its curve is not P-256") }
        let (x, y) = (try bytes("x", of: jwk), try bytes("y", of: jwk))
        guard let key = try? PublicKey(x: x, y: y) else { throw Invalid("it is not a point on P-256") }
        return try VerificationKey(key, id: id)
    }

    private static func ed25519(_ jwk: JSON, id: String?) throws(Invalid) -> Self {
        try check(jwk, is: [.edDSA])
        guard jwk["crv"]?.stringValue == "Ed25519" else { throw Invalid("its curve is not Ed25519") }
        let point = try bytes("x", of: jwk)
        guard let key = try? PublicKey(ed25519: point) else { throw Invalid("it is not an Ed25519 key") }
        return try VerificationKey(key, id: id)
    }

    /// The algorithm of the key: one of these, or the first if the key names none.
    @discardableResult
    private static func check(_ jwk: JSON, is algorithms: [Algorithm]) throws(Invalid) -> Algorithm {
        guard let member = jwk["alg"] else { return algorithms[0] }
        guard let algorithm = algorithms.first(where: { $0.rawValue == member.stringValue }) else {
            throw Invalid("its alg is not \(algorithms.map(\.rawValue).joined(separator: " or "))")
        }
        return algorithm
    }

    private static func id(of jwk: JSON) throws(Invalid) -> String? {
        guard let member = jwk["kid"] else { return nil }
        guard let id = member.stringValue, id.utf8.count <= 256 else {
            throw Invalid("its kid is not a text of at most 256 bytes")
        }
        return id
    }
}

private func bytes(_ name: String, of jwk: JSON) throws(Invalid) -> [UInt8] {
    guard let bytes = jwk[name]?.stringValue.flatMap({ Base64URL.bytes(of: $0.utf8) }) else {
        throw Invalid("its member \(name) is missing or is not base64url")
    }
    return bytes
}

import Crypto
import CryptoExtras

/// A key that tokens are verified with. It has one algorithm, and no token has a say in which (RFC 8725 section 3.1).
struct VerificationKey: Sendable {
    /// What is offered, by the names of RFC 7518 section 3.1 and RFC 8037 section 3.1.
    enum Algorithm: String, CaseIterable, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    private enum Material: Sendable {
        /// Ready to be copied: the key has gone into both hashes.
        case hmac(HMAC<SHA256>, byteCount: Int)
        case rsa(_RSA.Signing.PublicKey, _RSA.Signing.Padding)
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    /// `kid`; nil for a key without one, which fits a token with any.
    let id: String?
    /// The one algorithm.
    let algorithm: Algorithm
    private let material: Material

    /// HS256.
    /// - Parameter secret: 32 bytes or more (RFC 7518 section 3.2); nil for fewer.
    init?(secret: [UInt8], id: String?) {
        guard secret.count >= 32 else { return nil }
        (self.id, algorithm) = (id, .hs256)
        material = .hmac(HMAC(key: SymmetricKey(data: secret)), byteCount: secret.count)
    }

    /// RS256 or PS256.
    /// - Parameter isPSS: whether signatures have the padding of PS256.
    init(_ key: _RSA.Signing.PublicKey, isPSS: Bool, id: String?) throws(InvalidKeys) {
        guard !key.isFactorable else {
            throw InvalidKeys(
                "its modulus can be factored (ROCA, CVE-2017-15361), so anyone can make tokens; make a new key with other "
                    + "software or hardware")
        }
        (self.id, algorithm) = (id, isPSS ? .ps256 : .rs256)
        material = .rsa(key, isPSS ? .PSS : .insecurePKCS1v1_5)
    }

    /// ES256.
    init(_ key: P256.Signing.PublicKey, id: String?) {
        (self.id, algorithm) = (id, .es256)
        material = .p256(key)
    }

    /// EdDSA with Ed25519.
    init(_ key: Curve25519.Signing.PublicKey, id: String?) {
        (self.id, algorithm) = (id, .edDSA)
        material = .ed25519(key)
    }

    /// The algorithm, and of a secret how long it is: a key that was taken for one has another length than expected.
    var words: String {
        if case .hmac(_, let byteCount) = material {
            "\(algorithm.rawValue) secret of \(byteCount) bytes"
        } else {
            algorithm.rawValue
        }
    }

    /// Whether the signature of these bytes was made with this key, or with its private half.
    func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        switch material {
        case .hmac(var code, byteCount: _):
            code.update(data: bytes)
            // Compared to the end, so that the time does not tell how much of a forged code is right.
            return code.finalize() == signature
        case .rsa(let key, let padding):
            return key.isValidSignature(.init(rawRepresentation: signature), for: bytes, padding: padding)
        case .p256(let key):
            // 64 bytes, R and S (RFC 7518 section 3.4); DER has another length.
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .ed25519(let key):
            return key.isValidSignature(signature, for: bytes)
        }
    }
}

import Cryptography
import Text

/// A key that tokens are verified with. It has one algorithm, which no token can change (RFC 8725 section 3.1).
struct VerificationKey: Sendable {
    /// The supported algorithms, by the names of RFC 7518 section 3.1 and RFC 8037 section 3.1.
    enum Algorithm: String, CaseIterable, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    private enum Material: Sendable {
        case hmac(HMAC, byteCount: Int)
        case publicKey(PublicKey)
    }

    /// The `kid`; nil for a key without one, which fits a token with any.
    let id: String?
    /// The one algorithm of the key.
    let algorithm: Algorithm
    private let material: Material

    /// A key for HS256.
    /// - Parameter secret: 32 bytes or more (RFC 7518 section 3.2); nil for fewer.
    init?(secret: [UInt8], id: String?) {
        guard secret.count >= 32 else { return nil }
        (self.id, algorithm) = (id, .hs256)
        material = .hmac(HMAC(key: secret), byteCount: secret.count)
    }

    /// The algorithm of the key: RS256, PS256, ES256, or EdDSA with Ed25519.
    init(_ key: PublicKey, id: String?) throws(Invalid) {
        guard !key.isFactorable else {
            throw Invalid(
                "its modulus can be factored (ROCA, CVE-2017-15361), so anyone can make tokens; make a new key with other "
                    + "software or hardware")
        }
        self.id = id
        algorithm =
            switch key.scheme {
            case .rsaPKCS1: .rs256
            case .rsaPSS: .ps256
            case .p256: .es256
            case .ed25519: .edDSA
            }
        material = .publicKey(key)
    }

    /// The algorithm, and the length of a secret: a key that was taken for one has an unexpected length.
    var summary: String {
        if case .hmac(_, let byteCount) = material {
            "\(algorithm.rawValue) secret of \(byteCount) bytes"
        } else {
            algorithm.rawValue
        }
    }

    /// Whether the signature of these bytes was made with this key, or with its private half.
    func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        switch material {
        case .hmac(let code, byteCount: _): code.isValid(signature, for: bytes)
        case .publicKey(let key): key.isValid(signature, of: bytes)
        }
    }
}

/// RSA keys whose private half can be computed from the public one.
extension PublicKey {
    /// Whether the key comes from the generator of CVE-2017-15361 (ROCA), which many smart cards and TPMs had.
    ///
    /// Each of its primes is a power of 65537 modulo the product of the first primes, so its moduli are too, modulo each
    /// of them. One in 2^27 of all other moduli also is, as Nemec et al. computed ("The Return of Coppersmith's Attack",
    /// section 2.2).
    fileprivate var isFactorable: Bool {
        guard let modulus else { return false }
        return PublicKey.smallPrimes.allSatisfy { prime in
            let residue = modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
            var power = 1
            for _ in 1..<prime where power != residue { power = power * 65_537 % prime }
            return power == residue
        }
    }

    /// The primes up to 167, which the generator uses for keys of any length, without 2, 3, 5 and 7, whose residues are all
    /// powers of 65537.
    private static let smallPrimes = [
        11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
        127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}

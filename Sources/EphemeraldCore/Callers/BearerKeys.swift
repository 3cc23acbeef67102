import Cryptography
import Text

/// The keys of callers. Only their SHA-256 digests are kept, and nobody can call with a digest.
package struct BearerKeys: Hashable, Sendable {
    private var keys = NamedKeys<SHA256Digest>()

    /// No keys: no caller is accepted.
    package init() {}

    /// The number of keys.
    package var count: Int { keys.count }

    /// Adds a key.
    /// - Parameter digest: the SHA-256 of the key.
    /// - Returns: whether it was added; a name or a digest that is there already, or a digest of another length than
    ///   32 bytes, is not.
    package mutating func add(_ name: String, digest: [UInt8]) -> Bool {
        SHA256Digest(digest).map { keys.add(name, $0) } ?? false
    }

    /// The caller whose key it is. The time of the search reveals nothing about the keys: what a caller presents is
    /// hashed first, and a digest that resembles another one is not easier to find.
    func caller(presenting key: Span<UInt8>) -> Caller? {
        keys.name(of: SHA256Digest(of: key)).map { Caller(name: $0) }
    }
}

/// Keys with a name each, no key and no name twice. Adding and finding take the same time however many there are.
package struct NamedKeys<Key: Hashable & Sendable>: Hashable, Sendable {
    private var names: [Key: String] = [:]
    private var taken: Set<String> = []

    /// No keys.
    package init() {}

    /// The number of keys.
    package var count: Int { names.count }

    /// Adds a key; false when the key or its name is there already.
    package mutating func add(_ name: String, _ key: Key) -> Bool {
        guard names[key] == nil, taken.insert(name).inserted else { return false }
        names[key] = name
        return true
    }

    /// The name of the key; nil when it is not there.
    package func name(of key: Key) -> String? { names[key] }
}

/// A new key for a caller: `eph_`, by which scanners for leaked secrets can recognize it, and 256 random bits in
/// base64url (RFC 4648 section 5).
package struct BearerKey: Sendable {
    /// What the caller presents.
    package let key: Secret
    /// What the daemon stores: the SHA-256 of the whole key, in hexadecimal digits.
    package let digest: String

    /// - Parameter randomBits: returns 128 random bits; called twice. The default is the system's generator, getrandom(2).
    package init(randomBits: () -> UInt128 = { UInt128.random(in: 0 ... .max) }) {
        let bits = [randomBits(), randomBits()].flatMap { half in
            stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt128($0)) }
        }
        let text = BearerKey.prefix + Base64URL.text(of: bits)
        key = Secret(text)
        digest = HashFunction.sha256.hash(Array(text.utf8)).hexadecimal
    }

    /// The prefix of every key that this program makes. Keys made elsewhere need not have it.
    package static let prefix = "eph_"
}

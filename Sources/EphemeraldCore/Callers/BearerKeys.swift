import Cryptography
import Text

/// The keys of callers, of which only SHA-256 digests are kept: a reader of them cannot call with them.
package struct BearerKeys: Hashable, Sendable {
    private var keys = NamedKeys<[UInt8]>()

    /// No keys: nobody is let in.
    package init() {}

    /// The number of keys.
    package var count: Int { keys.count }

    /// Adds a key.
    /// - Parameter digest: the SHA-256 of the key.
    /// - Returns: whether it was added; a name or a digest that is there already, or a digest of another length than
    ///   32 bytes, is not.
    package mutating func add(_ name: String, digest: [UInt8]) -> Bool {
        digest.count == HashFunction.sha256.byteCount && keys.add(name, digest)
    }

    /// Whose key it is. The time that the search takes says nothing about the keys: what a caller presents is hashed
    /// first, and a digest that resembles another one is not easier to find.
    func caller(showing key: Substring.UTF8View) -> Caller? {
        keys.name(of: HashFunction.sha256.hash(Array(key))).map { Caller(name: $0) }
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

/// A new key for a caller: 256 random bits in base64url (RFC 4648 section 5), behind `eph_`, by which scanners for
/// leaked secrets can know it.
package struct BearerKey: Sendable {
    /// What the caller shows.
    package let key: Secret
    /// What the daemon keeps: the SHA-256 of the whole key, in hexadecimal digits.
    package let digest: String

    /// - Parameter randomBits: 128 random bits; asked twice. The default is the system's generator, getrandom(2).
    package init(randomBits: () -> UInt128 = { UInt128.random(in: 0 ... .max) }) {
        let bits = [randomBits(), randomBits()].flatMap { half in
            stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt128($0)) }
        }
        let text = BearerKey.prefix + Base64URL.text(of: bits)
        key = Secret(text)
        digest = HashFunction.sha256.hash(Array(text.utf8)).hexadecimal
    }

    /// How every key begins that this program makes. Keys made elsewhere need not.
    package static let prefix = "eph_"
}

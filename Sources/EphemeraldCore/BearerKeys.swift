import Cryptography

/// The keys of callers, of which only SHA-256 digests are kept: whoever reads them cannot call with them.
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

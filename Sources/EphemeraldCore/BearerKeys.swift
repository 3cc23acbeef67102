import Cryptography

/// The keys of callers, of which only SHA-256 digests are kept: whoever reads them cannot call with them.
package struct BearerKeys: Hashable, Sendable {
    private var names: [String] = []
    /// 32 bytes a key, one behind the other.
    private var digests: [UInt8] = []

    /// No keys: nobody is let in.
    package init() {}

    /// The number of keys.
    package var count: Int { names.count }

    /// Adds a key.
    /// - Parameter digest: the SHA-256 of the key.
    /// - Returns: whether it was added; a name or a digest that is there already, or a digest of another length than
    ///   32 bytes, is not.
    package mutating func add(_ name: String, digest: [UInt8]) -> Bool {
        guard digest.count == HashFunction.sha256.byteCount, !names.contains(name), position(of: digest) == nil else {
            return false
        }
        names.append(name)
        digests += digest
        return true
    }

    /// Whose key it is. What is shown is hashed first, and every digest is compared to its end, so that the time tells
    /// neither how much of a key is right nor where it stands.
    func caller(showing key: Substring.UTF8View) -> Caller? {
        position(of: HashFunction.sha256.hash(Array(key))).map { Caller(name: names[$0]) }
    }

    private func position(of digest: [UInt8]) -> Int? {
        var found: Int?
        for index in names.indices {
            var difference: UInt8 = 0
            for offset in digest.indices { difference |= digests[index * digest.count + offset] ^ digest[offset] }
            if difference == 0 { found = index }
        }
        return found
    }
}

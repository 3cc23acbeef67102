import CCrypto

/// A hash function. It is looked up once, because a lookup takes longer than hashing a key. It is never changed or freed,
/// so all threads share it.
@safe package struct HashFunction: @unchecked Sendable {
    /// SHA-256 (FIPS 180-4).
    package static let sha256 = HashFunction("SHA256", byteCount: 32)
    /// SHA-1, by which Redis names scripts, and WebSocket servers answer. It does not resist collisions.
    package static let sha1 = HashFunction("SHA1", byteCount: 20)

    /// Length of a digest.
    package let byteCount: Int
    fileprivate let pointer: OpaquePointer

    private init(_ name: String, byteCount: Int) {
        guard let pointer = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto does not have \(name)")
        }
        unsafe (self.pointer, self.byteCount) = (pointer, byteCount)
    }

    /// The digest of some bytes.
    package func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
            let result = unsafe ccrypto_hash(pointer, bytes, bytes.count, digest.baseAddress)
            precondition(result == 1, "out of memory")
            count = byteCount
        }
    }
}

/// A digest of SHA-256 as four numbers, which are compared and hashed faster than an array.
package struct SHA256Digest: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// The digest of some bytes.
    package init(of bytes: Span<UInt8>) {
        self = unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { words in
            let result = unsafe bytes.withUnsafeBytes { bytes in
                unsafe words.withMemoryRebound(to: UInt8.self) { digest in
                    unsafe ccrypto_hash(
                        HashFunction.sha256.pointer, bytes.baseAddress, bytes.count, digest.baseAddress)
                }
            }
            precondition(result == 1, "out of memory")
            return unsafe SHA256Digest(words[0], words[1], words[2], words[3])
        }
    }

    /// Nil unless there are 32 bytes.
    package init?(_ digest: [UInt8]) {
        guard digest.count == HashFunction.sha256.byteCount else { return nil }
        self = unsafe digest.withUnsafeBytes { digest in
            unsafe SHA256Digest(
                digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                digest.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                digest.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        }
    }

    private init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }
}

/// A computation in progress: SHA-256, or the verification of a signature.
///
/// Only one thread may change a context. Several threads may copy a context that is no longer changed.
@safe struct DigestContext: ~Copyable, @unchecked Sendable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_MD_CTX_free(pointer)
    }

    func copy(_ other: borrowing DigestContext) {
        precondition(unsafe ccrypto_copy(pointer, other.pointer) == 1, "out of memory")
    }

    func startSHA256() {
        precondition(unsafe ccrypto_start(pointer, HashFunction.sha256.pointer) == 1, "out of memory")
    }

    func update(_ bytes: [UInt8]) {
        precondition(unsafe ccrypto_update(pointer, bytes, bytes.count) == 1, "SHA-256 accepts any bytes")
    }

    func finishSHA256() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: HashFunction.sha256.byteCount) { digest, count in
            precondition(unsafe ccrypto_finish(pointer, digest.baseAddress) == 1, "SHA-256 ends once")
            count = HashFunction.sha256.byteCount
        }
    }
}

/// HMAC-SHA256 (RFC 2104) with one key. Both hashes have read the key, and each code starts from copies of them. With
/// libcrypto's EVP_MAC, which copies more, a code of a token takes 40 % more instructions.
package final class HMAC: Sendable {
    private let inner = DigestContext()
    private let outer = DigestContext()

    /// - Parameter key: of any length; one above 64 bytes is hashed first.
    package init(key: [UInt8]) {
        var block = key.count > 64 ? HashFunction.sha256.hash(key) : key
        block += Array(repeating: 0, count: 64 - block.count)
        inner.startSHA256()
        inner.update(block.map { $0 ^ 0x36 })
        outer.startSHA256()
        outer.update(block.map { $0 ^ 0x5C })
    }

    /// The code of some bytes, 32 bytes long.
    package func code(for bytes: [UInt8]) -> [UInt8] {
        let context = DigestContext()
        context.copy(inner)
        context.update(bytes)
        let digest = context.finishSHA256()
        context.copy(outer)
        context.update(digest)
        return context.finishSHA256()
    }

    /// Whether a code is right. The whole code is compared, so the time does not reveal how much of a forged code is right.
    package func isValid(_ code: [UInt8], for bytes: [UInt8]) -> Bool {
        let expected = self.code(for: bytes)
        return unsafe code.count == expected.count && CRYPTO_memcmp(code, expected, expected.count) == 0
    }
}

import CCrypto

/// A hash function. It is looked up once: a lookup takes longer than hashing a key. It is never changed and never freed,
/// so all threads share it.
@safe package struct HashFunction: @unchecked Sendable {
    /// SHA-256 (FIPS 180-4).
    package static let sha256 = HashFunction("SHA256", byteCount: 32)
    /// SHA-1, by which Redis names scripts. Collisions can be made.
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

/// A computation in progress: SHA-256, or the verification of a signature.
///
/// One thread changes it. One that is kept is only copied, which reads it, so several threads may do so at once.
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
        precondition(unsafe ccrypto_update(pointer, bytes, bytes.count) == 1, "SHA-256 takes any bytes")
    }

    func finishSHA256() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: HashFunction.sha256.byteCount) { digest, count in
            precondition(unsafe ccrypto_finish(pointer, digest.baseAddress) == 1, "SHA-256 ends once")
            count = HashFunction.sha256.byteCount
        }
    }
}

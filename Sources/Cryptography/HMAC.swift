import CCrypto

/// HMAC-SHA256 (RFC 2104) under one key, which has gone into both hashes: a code copies them. By libcrypto's EVP_MAC,
/// which copies more, a code of a token takes 40 % more instructions.
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

    /// Whether a code is right. It is compared to its end, so the time does not tell how much of a forged code is right.
    package func isValid(_ code: [UInt8], for bytes: [UInt8]) -> Bool {
        let expected = self.code(for: bytes)
        return unsafe code.count == expected.count && CRYPTO_memcmp(code, expected, expected.count) == 0
    }
}

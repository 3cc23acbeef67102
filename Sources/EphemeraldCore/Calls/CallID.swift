import Cryptography
import Text

/// The id of a call: 128 random bits in base64url, the last segment of its `Location`.
///
/// A client that has the id can end the call, so the id is in answers to its creator and nowhere else: printing,
/// interpolating, dumping or mirroring it yields `<redacted>`. What is written has the call's ``CallName``.
package struct CallID: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private let bits: UInt128

    /// - Parameter randomBits: 128 bits that nobody can guess.
    package init(randomBits: UInt128) {
        bits = randomBits
    }

    /// Characters of an id.
    static let length = 22

    /// Reads a path segment; nil for anything but the 22 characters that ``reveal()`` makes of some 128 bits.
    package init?(_ segment: some Collection<UInt8>) {
        guard segment.count == CallID.length, let bytes = Base64URL.bytes(of: segment) else { return nil }
        bits = UInt128(bigEndian: bytes)
    }

    /// The id itself, 22 characters. Every use is a place to review: it belongs in an answer to the call's creator.
    package func reveal() -> String {
        // 21 letters take 126 bits, the last one takes two, followed by four zeros.
        var values = stride(from: 122, through: 2, by: -6).map { Int(truncatingIfNeeded: bits &>> $0) & 63 }
        values.append(Int(truncatingIfNeeded: bits & 3) << 4)
        return String(decoding: values.map { CallID.alphabet[$0] }, as: UTF8.self)
    }

    /// The name of the call in logs, in Redis and for operators.
    package var name: CallName { CallName(digest: UInt128(hashing: reveal())) }

    /// Always `<redacted>`.
    package var description: String { "<redacted>" }

    /// Always `<redacted>`, for `debugPrint` and for elements of a collection.
    package var debugDescription: String { description }

    /// Without children: `dump` prints what a mirror has.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The name of a call wherever it is written: the first 16 bytes of the SHA-256 of its id. It does not lead back to the
/// id, so it is of no use against the call.
///
/// Names are compared as numbers. That need not take constant time: nobody can choose a digest byte by byte.
package struct CallName: Hashable, Sendable, CustomStringConvertible {
    private let digest: UInt128

    fileprivate init(digest: UInt128) {
        self.digest = digest
    }

    /// Reads the 32 hexadecimal digits, in lower case, that ``description`` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let digest = UInt128(hexadecimalDigits: text) else { return nil }
        self.digest = digest
    }

    /// 32 hexadecimal digits, in lower case.
    package var description: String { digest.hexadecimal }
}

/// Who may prolong a call: the first 16 bytes of the SHA-256 of the caller's name, a NUL and the page's origin. The
/// client's address is not part of it, because phones change networks during a call.
package struct CallBinding: Hashable, Sendable, CustomStringConvertible {
    private let digest: UInt128

    /// - Parameters:
    ///   - caller: nil where callers are not identified; then the origin alone binds.
    ///   - origin: as the `Origin` field has it; nil for a request without one.
    package init(caller: String?, origin: String?) {
        digest = UInt128(hashing: "\(caller ?? "")\0\(origin ?? "")")
    }

    /// Reads the 32 hexadecimal digits, in lower case, that ``description`` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let digest = UInt128(hexadecimalDigits: text) else { return nil }
        self.digest = digest
    }

    /// 32 hexadecimal digits, in lower case.
    package var description: String { digest.hexadecimal }
}

/// Which API key created a call: the first four bytes of the SHA-256 of the key. It tells the keys of
/// one configuration apart, and does not help to guess one.
package struct KeyPrint: Hashable, Sendable, CustomStringConvertible {
    private let digest: UInt32

    /// The print of a key.
    package init(ofKey key: String) {
        digest = UInt32(truncatingIfNeeded: UInt128(hashing: key) >> 96)
    }

    /// Reads the eight hexadecimal digits, in lower case, that ``description`` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 8, let digest = UInt128(hexadecimalDigits: String(repeating: "0", count: 24) + text)
        else { return nil }
        self.digest = UInt32(truncatingIfNeeded: digest)
    }

    /// Eight hexadecimal digits, in lower case.
    package var description: String { (0..<4).map { UInt8(truncatingIfNeeded: digest >> (24 - 8 * $0)) }.hexadecimal }
}

extension UInt128 {
    /// The first 16 bytes of the SHA-256 of a text.
    fileprivate init(hashing text: String) {
        self.init(bigEndian: HashFunction.sha256.hash(Array(text.utf8)).prefix(16))
    }

    fileprivate init(bigEndian bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}

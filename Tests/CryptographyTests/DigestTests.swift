import Cryptography
import Testing

@Suite struct `A digest` {
    private func digits(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// FIPS 180-4: the examples that NIST publishes with it.
    @Test(arguments: [
        (
            "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `is the one of the standard`(text: String, sha1: String, sha256: String) {
        #expect(digits(HashFunction.sha1.hash(Array(text.utf8))) == sha1)
        #expect(digits(HashFunction.sha256.hash(Array(text.utf8))) == sha256)
    }

    struct Code: Sendable {
        let key: [UInt8]
        let text: [UInt8]
        let code: String

        init(_ key: [UInt8], _ text: String, _ code: String) {
            (self.key, self.text, self.code) = (key, Array(text.utf8), code)
        }
    }

    /// RFC 4231 section 4: a short key, one of 25 bytes, and two that are longer than a block.
    static let codes = [
        Code(
            Array(repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Code(
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Code(
            Array(repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Code(
            Array(repeating: 0xAA, count: 131),
            "This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test(arguments: codes.indices)
    func `with a key is the one of the standard, each time`(index: Int) {
        let example = Self.codes[index]
        let hmac = HMAC(key: example.key)
        for _ in 0..<2 { #expect(digits(hmac.code(for: example.text)) == example.code) }
    }

    @Test func `with a key is refused when a bit, its text or its length differs`() {
        let hmac = HMAC(key: Array("Jefe".utf8))
        let text = Array("what do ya want for nothing?".utf8)
        let code = hmac.code(for: text)
        #expect(hmac.isValid(code, for: text))
        for bit in 0..<256 {
            var changed = code
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!hmac.isValid(changed, for: text))
        }
        #expect(!hmac.isValid([], for: text))
        #expect(!hmac.isValid(Array(code.dropLast()), for: text))
        #expect(!hmac.isValid(code + [0], for: text))
        #expect(!hmac.isValid(code, for: text + [0]))
        #expect(!HMAC(key: Array("jefe".utf8)).isValid(code, for: text))
    }
}

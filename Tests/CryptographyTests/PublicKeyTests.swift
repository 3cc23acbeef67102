import Cryptography
import TestSigning
import Testing

@Suite struct `A public key` {
    private static let rsa = PrivateKey(rsaBits: 2_048)
    private static let p256 = PrivateKey(curve: "P-256")
    private static let ed25519 = PrivateKey()
    private static let text = Array("a text that is signed".utf8)

    private func key(_ make: () throws(InvalidPublicKey) -> PublicKey) -> Result<PublicKey, InvalidPublicKey> {
        do throws(InvalidPublicKey) { return .success(try make()) } catch { return .failure(error) }
    }

    private func failure(_ make: () throws(InvalidPublicKey) -> PublicKey) -> InvalidPublicKey? {
        if case .failure(let error) = key(make) { error } else { nil }
    }

    /// A key from its numbers, and a signature of the text with its private half.
    private func pair(_ scheme: PublicKey.Scheme) throws(InvalidPublicKey) -> (key: PublicKey, signature: [UInt8]) {
        let (n, e) = (Self.rsa.number("n"), Self.rsa.number("e"))
        let (x, y) = (Self.p256.number("qx"), Self.p256.number("qy"))
        return switch scheme {
        case .rsaPKCS1: (try PublicKey(modulus: n, exponent: e, isPSS: false), Self.rsa.sign(Self.text))
        case .rsaPSS:
            (try PublicKey(modulus: n, exponent: e, isPSS: true), Self.rsa.sign(Self.text, padding: .pss(salt: 32)))
        case .p256: (try PublicKey(x: x, y: y), Self.p256.signAsRS(Self.text))
        case .ed25519:
            (try PublicKey(ed25519: Self.ed25519.publicKeyInfo.suffix(32)), Self.ed25519.sign(Self.text))
        }
    }

    static let schemes: [PublicKey.Scheme] = [.rsaPKCS1, .rsaPSS, .p256, .ed25519]

    @Test(arguments: schemes)
    func `accepts the signature of its private half, and no other`(scheme: PublicKey.Scheme) throws {
        let (key, signature) = try pair(scheme)
        #expect(key.scheme == scheme)
        for _ in 0..<2 { #expect(key.isValid(signature, of: Self.text)) }
        for bit in stride(from: 0, to: 8 * signature.count, by: 7) {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.isValid(changed, of: Self.text), "bit \(bit)")
        }
        for other in [[], Array(signature.dropLast()), signature + [0], [0] + signature, signature.map { _ in 0 }] {
            #expect(!key.isValid(other, of: Self.text))
        }
        #expect(!key.isValid(signature, of: Self.text + [0]))
        #expect(!key.isValid(signature, of: []))
        #expect(key.isValid(signature, of: Self.text))
    }

    @Test(arguments: schemes)
    func `accepts no signature of another kind`(scheme: PublicKey.Scheme) throws {
        let key = try pair(scheme).key
        let others = [
            Self.rsa.sign(Self.text, hash: "SHA512"), Self.rsa.sign(Self.text, padding: .pss(salt: 32), hash: "SHA512"),
            // RFC 7518 section 3.5: the salt is as long as the digest.
            Self.rsa.sign(Self.text, padding: .pss(salt: 0)), Self.rsa.sign(Self.text, padding: .pss(salt: 64)),
            Self.p256.sign(Self.text), Self.p256.signAsRS(Self.text, hash: "SHA384"),
            PrivateKey().sign(Self.text), PrivateKey(curve: "P-256").signAsRS(Self.text),
        ]
        for signature in others { #expect(!key.isValid(signature, of: Self.text)) }
        for other in Self.schemes where other != scheme {
            #expect(!key.isValid(try pair(other).signature, of: Self.text))
        }
    }

    @Test func `is used by many threads at once`() async throws {
        for scheme in Self.schemes {
            let (key, signature) = try pair(scheme)
            let results = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        key.isValid(signature, of: Self.text) && !key.isValid(signature, of: [UInt8(number)])
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results == Array(repeating: true, count: 64))
        }
    }

    @Test func `has the scheme of its description`() throws {
        #expect(try PublicKey(der: Self.rsa.publicKeyInfo).scheme == .rsaPKCS1)
        #expect(try PublicKey(der: PrivateKey(rsaBits: 2_048, isPSS: true).publicKeyInfo).scheme == .rsaPSS)
        #expect(try PublicKey(der: Self.p256.publicKeyInfo).scheme == .p256)
        #expect(try PublicKey(der: Self.ed25519.publicKeyInfo).scheme == .ed25519)
    }

    @Test func `for RSASSA-PSS only accepts no other padding`() throws {
        let signer = PrivateKey(rsaBits: 2_048, isPSS: true)
        let key = try PublicKey(der: signer.publicKeyInfo)
        #expect(key.isValid(signer.sign(Self.text, padding: .pss(salt: 32)), of: Self.text))
        #expect(!key.isValid(signer.sign(Self.text, padding: .pss(salt: 20)), of: Self.text))
    }

    @Test(arguments: ["P-384", "secp256k1", "brainpoolP256r1"])
    func `on another curve is refused`(curve: String) {
        let other = PrivateKey(curve: curve)
        #expect(failure { () throws(InvalidPublicKey) in try PublicKey(der: other.publicKeyInfo) } == .curve)
    }

    @Test(arguments: ["X25519", "X448", "ED448"])
    func `for something else is refused`(type: String) {
        let other = PrivateKey(type: type)
        #expect(failure { () throws(InvalidPublicKey) in try PublicKey(der: other.publicKeyInfo) } == .unsupported)
    }

    @Test func `that is not all of the bytes is refused`() {
        for der in [Self.rsa, Self.p256, Self.ed25519].map(\.publicKeyInfo) {
            for bytes in [[], Array(der.dropLast()), der + [0], Array(der.dropFirst())] {
                #expect(failure { () throws(InvalidPublicKey) in try PublicKey(der: bytes) } == .unreadable)
                #expect(
                    failure { () throws(InvalidPublicKey) in try PublicKey(der: bytes, isCertificate: true) }
                        == .unreadable)
            }
        }
    }

    @Test func `whose point is not on the curve is refused`() {
        var (x, y) = (Self.p256.number("qx"), Self.p256.number("qy"))
        let zero = Array(repeating: UInt8(0), count: 32)
        for (x, y) in [
            (zero, zero), (x, zero), (y, x), (x, Array(y.dropLast())), ([0] + x, y), (Array((x + y).prefix(31)), y),
            ([], x + y), (Array(x.prefix(31)), [x[31]] + y),
        ] {
            #expect(failure { () throws(InvalidPublicKey) in try PublicKey(x: x, y: y) } == .unreadable)
        }
        (x, y) = (Array(repeating: 0xFF, count: 32), Array(repeating: 0xFF, count: 32))
        #expect(failure { () throws(InvalidPublicKey) in try PublicKey(x: x, y: y) } == .unreadable)
        for count in [0, 31, 33] {
            let bytes = Array(repeating: UInt8(1), count: count)
            #expect(failure { () throws(InvalidPublicKey) in try PublicKey(ed25519: bytes) } == .unreadable)
        }
    }

    @Test(
        arguments: [
            [], [0], [1], [2], [4], [0, 1], [1, 0, 0], [2, 0, 0, 0, 1], Array(repeating: 1, count: 16),
        ] as [[UInt8]])
    func `with an exponent that is not safe is refused`(exponent: [UInt8]) {
        let modulus = Self.rsa.number("n")
        for isPSS in [false, true] {
            let error = failure { () throws(InvalidPublicKey) in
                try PublicKey(modulus: modulus, exponent: exponent, isPSS: isPSS)
            }
            #expect(error == .rsa)
        }
    }

    @Test(arguments: [[3], [1, 0, 1], [0, 0, 1, 0, 1], [1, 0, 0, 0, 1]] as [[UInt8]])
    func `may have any exponent that is`(exponent: [UInt8]) throws {
        #expect(try PublicKey(modulus: Self.rsa.number("n"), exponent: exponent, isPSS: false).scheme == .rsaPKCS1)
    }

    @Test func `of RSA has 2048 to 8192 bits and an odd modulus`() {
        func error(_ modulus: [UInt8]) -> InvalidPublicKey? {
            failure { () throws(InvalidPublicKey) in try PublicKey(modulus: modulus, exponent: [1, 0, 1], isPSS: false)
            }
        }
        let n = Self.rsa.number("n")
        #expect(error([0] + n) == nil)
        #expect(error(n.dropLast() + [n[255] & 0xFE]) == .rsa)
        func ones(_ count: Int) -> [UInt8] { Array(repeating: 0xFF, count: count) }
        for (modulus, isRight) in [
            ([], false), (ones(128), false), ([0x7F] + ones(255), false), (ones(256), true), (ones(1_024), true),
            ([1] + ones(1_024), false), (ones(2_048), false),
        ] {
            #expect((error(modulus) == nil) == isRight, "\(modulus.count) bytes")
        }
    }

    @Test func `in DER is one SEQUENCE`() {
        for der in [Self.rsa, Self.p256, Self.ed25519].map(\.publicKeyInfo) {
            #expect(DER.isSequence(der))
            #expect(!DER.isSequence(der + [0x0A]))
            #expect(!DER.isSequence(Array(der.dropLast())))
        }
        for text in ["", "0", "0>" + String(repeating: "0", count: 62), "a text of more than two letters"] {
            #expect(!DER.isSequence(Array(text.utf8)), "\(text)")
        }
    }
}

import EphemeraldCore
import Foundation
import JSON
import TestSigning
import Testing
import Text

/// A public key of an issuer, in a form that is not supported as a key file.
struct PublicFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let contents: [UInt8]
    let reason: String

    private init(_ name: String, _ contents: some Sequence<UInt8>, _ reason: String) {
        (testDescription, self.contents, self.reason) = (name, Array(contents), reason)
    }

    private init(_ name: String, text: String, _ reason: String) { self.init(name, text.utf8, reason) }

    private static func utf16(_ text: String, marked: Bool = true) -> [UInt8] {
        (marked ? [0xFF, 0xFE] : []) + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    private static let jwks = String(decoding: TestKeys.jwks([TestKeys.jwk("RS256")]), as: UTF8.self)
    private static let pem = TestKeys.rsa.publicPEM
    private static let der = TestKeys.rsa.publicKeyInfo
    private static let base64 = Data(der).base64EncodedString()
    private static let ssh = "AAAAC3NzaC1lZDI1NTE5AAAAIDs1bXRuQ1AzFOQ7nLwGzJ7mkcn8pi0QbxSIGWZ9Gjxs"

    static let all: [Self] = [
        Self("a JWKS behind a byte order mark", [0xEF, 0xBB, 0xBF] + Array(jwks.utf8), "BOM"),
        Self("PEM behind a byte order mark", [0xEF, 0xBB, 0xBF] + Array(pem.utf8), "BOM"),
        Self("a JWKS in UTF-16", utf16(jwks), "UTF-16"), Self("PEM in UTF-16", utf16(pem), "UTF-16"),
        Self("PEM in UTF-16 without a mark", utf16(pem, marked: false), "UTF-16"),
        Self("a JWKS behind a NUL", [0] + Array(jwks.utf8), "NUL"),
        Self("a JWKS before a NUL", Array(jwks.utf8) + [0], "NUL"),
        Self("an array of keys", text: "[\(TestKeys.jwk("RS256"))]", "JSON"),
        Self("an array behind spaces", text: " \n[\(TestKeys.jwk("RS256"))]", "JSON"),
        Self("a JWKS in a string", text: "\"\(jwks.replacing("\"", with: "\\\""))\"", "JSON"),
        Self("DER", der, "DER"), Self("DER and a line feed", der + [0x0A], "NUL"),
        Self("base64 of DER", text: base64, "base64"),
        Self("base64 of DER and a line feed", text: "\(base64)\n", "base64"),
        Self("base64url of DER", text: TestKeys.base64URL(der), "base64"),
        Self("the first line of base64 of DER", text: String(base64.prefix(64)), "base64"),
        Self("base64 of DER in lines", text: "\(base64.prefix(64))\n\(base64.dropFirst(64))", "one line"),
        Self(
            "base64 of PKCS 1", text: Data(TestKeys.rsa.publicKey).base64EncodedString(), "base64"),
        Self("base64 of P-256", text: Data(TestKeys.p256.publicKeyInfo).base64EncodedString(), "base64"),
        Self("base64 of PEM", text: Data(pem.utf8).base64EncodedString(), "base64"),
        Self("base64 of a JWKS", text: Data(jwks.utf8).base64EncodedString(), "base64"),
        Self("a token", text: TestKeys.token(), "base64"),
        Self("RFC 4716", text: "---- BEGIN SSH2 PUBLIC KEY ----\n\(ssh)\n---- END SSH2 PUBLIC KEY ----\n", "SSH"),
        Self("PEM with a gap", text: pem.replacing("-----BEGIN", with: "---- -BEGIN"), "armour"),
        Self("SSH", text: "ssh-ed25519 \(ssh) ann\n", "SSH"),
        Self("SSH behind a space", text: " ssh-ed25519 \(ssh)", "SSH"),
        Self("SSH of a token of hardware", text: "sk-ssh-ed25519@openssh.com \(ssh) ann\n", "SSH"),
        Self("ECDSA of SSH", text: "ecdsa-sha2-nistp256 \(ssh)", "SSH"), Self("the body of SSH", text: ssh, "base64"),
        Self("a page", text: "<html><body><h1>404 Not Found</h1></body></html>\n", "HTML"),
        Self("an address", text: "https://id.example/.well-known/jwks.json\n", "address"),
        Self("an address behind a space", text: " HTTPS://id.example/.well-known/jwks.json", "address"),
        Self("several words", text: "no such key was found on this server", "one line"),
        Self("two lines", text: "0123456789abcdef0123456789abcdef\n0123456789abcdef0123456789abcdef", "one line"),
        Self("bytes", [0xFF] + TestKeys.secret, "one line"), Self("other letters", text: "ä\(ssh)", "one line"),
        Self("the last line of PEM", text: "-----END PUBLIC KEY-----end-of-the-key", "PEM"),
    ]
}

@Suite struct `A file of a secret` {
    @Test(arguments: PublicFile.all)
    func `is nothing that everybody may know`(file: PublicFile) {
        do throws(Invalid) {
            let set = try KeySet(file: file.contents)
            Issue.record("taken for \(set.summary)")
        } catch {
            #expect(error.reason.contains(file.reason), "\(error.reason)")
        }
    }

    @Test func `may be random bytes in hexadecimal digits, base64 or base64url`() throws {
        for _ in 0..<200 {
            // A first byte of 0x30 or 0 may be that of a key, and a hyphen that of PEM.
            let bytes = [UInt8(0xC0)] + (0..<40).map { _ in UInt8.random(in: .min ... .max) }
            let base64 = Data(bytes).base64EncodedString()
            let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            for text in [digits, "\(digits)\r\n", base64, "\(base64)\n", TestKeys.base64URL(bytes)] {
                #expect(throws: Never.self) { try KeySet(file: Array(text.utf8)) }
            }
        }
    }
}

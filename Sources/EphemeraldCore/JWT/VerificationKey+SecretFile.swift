import Cryptography
import Text

/// A secret for HS256 from a file of its own: one line of visible ASCII, and not a key of another form.
///
/// Anyone who knows the secret can make tokens, and everybody can know a public key. So a file with a public key in an
/// unexpected form must be refused, not used as a secret.
extension VerificationKey {
    /// - Parameter contents: bytes that are neither PEM nor JSON.
    init(secretFile contents: [UInt8]) throws(Invalid) {
        var secret = contents[...]
        while let last = secret.last, last == 0x0A || last == 0x0D { secret.removeLast() }
        if let other = VerificationKey.otherKind(of: secret) {
            throw Invalid("\(other); \(VerificationKey.howToWriteOne)")
        }
        guard secret.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid(
                "this is not one line of visible ASCII without spaces; \(VerificationKey.howToWriteOne)")
        }
        guard let key = VerificationKey(secret: Array(secret), id: nil) else {
            throw Invalid(
                "as a secret it has \(secret.count) bytes, and 32 are needed; \(VerificationKey.howToWriteOne)")
        }
        self = key
    }

    private static let howToWriteOne =
        "write a JWKS, one public key in PEM, or a secret on one line as openssl rand -hex 32 makes it"

    /// The form of a key that the text has; nil for a secret.
    private static func otherKind(of bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }, as: UTF8.self)
        let lowercased = text.lowercased()
        if ["ssh-", "sk-ssh-", "sk-ecdsa-", "ecdsa-"].contains(where: lowercased.hasPrefix)
            || lowercased.contains("begin ssh2")
        {
            return "this is a public key of SSH (ssh-keygen -e -m PKCS8 writes it in PEM)"
        }
        if lowercased.contains("begin") { return "this looks like a key whose armour is not that of PEM" }
        if lowercased.hasPrefix("http") { return "this is an address, which belongs in JWT_KEYS itself" }
        if lowercased.hasPrefix("<") { return "this looks like HTML" }
        if lowercased.hasPrefix("[") || lowercased.hasPrefix("\"") {
            return "this looks like JSON, but not like a JWKS, which is an object"
        }
        if lowercased.hasPrefix("-") { return "this begins like a part of a key in PEM" }
        return isKeyInBase64(text) ? "this looks like a key in base64 without the armour of PEM" : nil
    }

    /// Whether it is base64 (of either alphabet) of DER, even if cut off: a SEQUENCE that begins with another one, as
    /// public keys and certificates do (RFC 5280 section 4.1), or with a number (RFC 8017 appendix A.1); of PEM; of a
    /// JSON object; or of the body of a public key of SSH, which begins with the length of a short name.
    private static func isKeyInBase64(_ text: String) -> Bool {
        if text.hasPrefix("LS0tLS") || text.hasPrefix("eyJ") { return true }
        let letters = text.utf8.filter { $0 != UInt8(ascii: "=") }
        // Whole groups of four letters: the rest may be cut off.
        guard let bytes = Base64URL.bytes(ofBase64: letters.prefix(letters.count / 4 * 4)) else { return false }
        if bytes.starts(with: [0, 0, 0]) { return true }
        if DER.isSequence(bytes) { return true }
        guard bytes.count >= 6, bytes[0] == 0x30 else { return false }
        // The length is in one byte, or that one says in how many more (X.690 section 8.1.3).
        let start = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7F)
        return start <= 4 && [0x30, 0x02].contains(bytes[start])
    }
}

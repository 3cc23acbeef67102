import JSON
import Text

/// A signed token in its compact form (RFC 7515 section 7.1), taken apart and not yet verified.
struct JSONWebToken {
    /// The longest token that is read: the whole head of a request has 16 KiB.
    static let limit = 8192
    /// The longest header, in bytes of its JSON: the members that count take a tenth of it.
    static let headerLimit = 1024

    /// `alg`: it must be the algorithm of the key, and decides nothing else.
    let algorithm: String
    /// `kid`: finds the key.
    let keyID: String?
    /// The signed bytes: the first two parts and the dot between them, as they were sent.
    let signedBytes: [UInt8]
    /// The claims, as JSON that is not verified yet.
    let claims: [UInt8]
    let signature: [UInt8]

    /// Only `alg`, `kid` and `crit` of the header are read: a key that comes with the token (`jwk`, `jku`, `x5c`, `x5u`)
    /// proves nothing about who made it.
    init(_ token: Substring.UTF8View) throws(TokenFlaw) {
        let text = token.span
        guard text.count <= JSONWebToken.limit else { throw .tooLong }
        guard let (first, second) = JSONWebToken.dots(in: text),
            let header = Base64URL.bytes(of: text.extracting(0..<first))
        else { throw .malformed }
        guard header.count <= JSONWebToken.headerLimit else { throw .tooLong }
        guard let claims = Base64URL.bytes(of: text.extracting(first + 1..<second)),
            let signature = Base64URL.bytes(of: text.extracting(second + 1..<text.count)),
            let members = (try? JSON(parsing: header))?.objectValue,
            let algorithm = members["alg"]?.stringValue
        else { throw .malformed }
        guard members["crit"] == nil else { throw .critical }
        keyID = members["kid"]?.stringValue
        if keyID == nil, members["kid"] != nil { throw .malformed }
        self.algorithm = algorithm
        // A String is copied as a whole, and a part of one byte by byte.
        signedBytes = Array(String(Substring(token.prefix(second))).utf8)
        self.claims = claims
        self.signature = signature
    }

    /// The places of the dots; nil unless there are two.
    private static func dots(in text: Span<UInt8>) -> (first: Int, second: Int)? {
        var (first, second) = (-1, -1)
        for index in text.indices where text[index] == UInt8(ascii: ".") {
            guard second < 0 else { return nil }
            (first, second) = first < 0 ? (index, -1) : (first, index)
        }
        return second < 0 ? nil : (first, second)
    }

    /// Whether a text has the form of a signed token: three parts, the first of them an object in base64url. JSON allows
    /// white space before the object (RFC 8259 section 2).
    static func hasForm(_ text: Substring.UTF8View) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        var letters = parts[0]
        // Four letters are three bytes. Nothing after the first visible one is read.
        while let bytes = Base64URL.bytes(of: letters.prefix(4)), !bytes.isEmpty {
            if let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
                return first == UInt8(ascii: "{")
            }
            letters = letters.dropFirst(4)
        }
        return false
    }
}

/// Why a token is not accepted: for the operator's log, not for the caller.
package enum TokenFlaw: String, Error, CaseIterable, Sendable {
    /// The token is longer than ``JSONWebToken/limit``, or its header than ``JSONWebToken/headerLimit``.
    case tooLong = "too_long"
    /// The token is not three parts in base64url, or the header is not a JSON object with an `alg` and no repeated member.
    case malformed
    /// The header has `crit` (RFC 7515 section 4.1.11): no extension is supported.
    case critical
    /// No key has the token's `kid`.
    case unknownKey = "unknown_key"
    /// The token has no `kid`, and several keys are for its algorithm.
    case ambiguousKey = "ambiguous_key"
    /// The token names another algorithm than that of its key, or `none`.
    case algorithm
    /// The key did not make the signature.
    case signature
    /// The claims are not a JSON object, or a claim has the wrong type or is repeated.
    case claims
    /// `exp` is missing or in the past.
    case expired
    /// `nbf` or `iat` is in the future.
    case notYetValid = "not_yet_valid"
    /// `iss` is not the one that the settings require, or is missing.
    case issuer
    /// `aud` does not contain the value that the settings require, or is missing.
    case audience
    /// `sub` is missing, or is not 1 to 256 visible ASCII characters.
    case subject
}

import JSON
import Text

/// A signed token in its compact form (RFC 7515 section 7.1), taken apart and not yet verified.
struct JSONWebToken {
    /// The longest token that is looked at: the whole head of a request has 16 KiB.
    static let limit = 8192
    /// The longest header, in bytes of its JSON: the members that count take a tenth of it.
    static let headerLimit = 1024

    /// `alg`: held against that of the key, and of no other use.
    let algorithm: String
    /// `kid`: finds the key.
    let keyID: String?
    /// What is signed: the first two parts and the dot between them, as they came.
    let signedBytes: [UInt8]
    /// The claims, as JSON that nobody has vouched for yet.
    let claims: [UInt8]
    let signature: [UInt8]

    /// Nothing in the header but `alg`, `kid` and `crit` is looked at: a key that comes with the token (`jwk`, `jku`,
    /// `x5c`, `x5u`) is a key of whoever made it.
    init(_ token: Substring.UTF8View) throws(TokenFlaw) {
        guard token.count <= JSONWebToken.limit else { throw .tooLong }
        let text = Array(token)
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.bytes(of: parts[0]) else { throw .malformed }
        guard header.count <= JSONWebToken.headerLimit else { throw .tooLong }
        guard let claims = Base64URL.bytes(of: parts[1]), let signature = Base64URL.bytes(of: parts[2]),
            let members = (try? JSON(parsing: header))?.objectValue,
            let algorithm = members["alg"]?.stringValue
        else { throw .malformed }
        guard members["crit"] == nil else { throw .critical }
        keyID = members["kid"]?.stringValue
        if keyID == nil, members["kid"] != nil { throw .malformed }
        self.algorithm = algorithm
        signedBytes = Array(text[..<parts[1].endIndex])
        self.claims = claims
        self.signature = signature
    }

    /// Whether a text is meant as a signed token: three parts, the first of them an object in base64url. JSON allows
    /// white space before the object (RFC 8259 section 2).
    static func isMeant(by text: Substring.UTF8View) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        var letters = parts[0]
        // Four letters are three bytes. Nothing after the first visible one is looked at.
        while let bytes = Base64URL.bytes(of: letters.prefix(4)), !bytes.isEmpty {
            if let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
                return first == UInt8(ascii: "{")
            }
            letters = letters.dropFirst(4)
        }
        return false
    }
}

/// Why a token proves nothing: a word for the operator's log. The caller is not told.
package enum TokenFlaw: String, Error, CaseIterable, Sendable {
    /// Longer than ``JSONWebToken/limit``, or its header than ``JSONWebToken/headerLimit``.
    case tooLong = "too_long"
    /// Not three parts in base64url, or a header that is no JSON object with an `alg`, members twice included.
    case malformed
    /// The header has `crit` (RFC 7515 section 4.1.11): we understand no extension.
    case critical
    /// No key has the token's `kid`.
    case unknownKey = "unknown_key"
    /// The token has no `kid`, and several keys are for its algorithm.
    case ambiguousKey = "ambiguous_key"
    /// The token names another algorithm than that of its key; `none` too.
    case algorithm
    /// The key that is meant did not make it.
    case signature
    /// The claims are not a JSON object, or a claim has the wrong type or is repeated.
    case claims
    /// `exp` is missing or over.
    case expired
    /// `nbf` or `iat` is still to come.
    case notYetValid = "not_yet_valid"
    /// `iss` is another than the settings ask for, or missing.
    case issuer
    /// `aud` does not hold what the settings ask for, or is missing.
    case audience
    /// `sub` is missing, or could not stand in a log.
    case subject
}

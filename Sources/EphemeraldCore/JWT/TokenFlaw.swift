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
    /// The claims are no JSON object, or a claim has the wrong type or stands twice.
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

/// A way in which callers prove who they are; `AUTH` names a set of them.
package enum AuthMode: String, CaseIterable, Sendable {
    /// They prove nothing: whoever has the origin, and reaches the address, may ask.
    case none
    /// They show a key of `AUTH_KEYS_FILE`.
    case bearer
    /// They show a token that a key of `JWT_KEYS` has signed.
    case jwt
    /// A trusted proxy names them in the field `AUTH_PROXY_HEADER`.
    case proxy

    /// Reads one entry of `AUTH`.
    package init(parsing entry: String) throws(InvalidValue) {
        guard let mode = AuthMode(rawValue: entry) else {
            throw InvalidValue(
                "is not a mode; write none, or one or more of bearer, jwt and proxy"
                    + entry.suggestion(among: AuthMode.allCases.map(\.rawValue)))
        }
        self = mode
    }

    /// The set of the entries. `none` stands alone: beside another mode it would undo it.
    package static func set(of entries: [AuthMode]) throws(InvalidValue) -> Set<AuthMode> {
        let modes = Set(entries)
        guard modes.count == 1 || !modes.contains(.none) else {
            throw InvalidValue("none beside another mode would let everybody in; write one or the other")
        }
        return modes
    }
}

import EphemeraldCore
import HTTP

extension SettingsReader {
    /// The modes of `AUTH`; nil when they are wrong.
    mutating func auth() -> Set<AuthMode>? {
        guard let entries = readListIfSet(.auth, { text throws(InvalidValue) in try AuthMode(parsing: text) }) else {
            return nil
        }
        do throws(InvalidValue) {
            return try AuthMode.set(of: entries ?? [.none])
        } catch {
            refuse(.auth, error.reason)
            return nil
        }
    }

    /// What the modes come to. What belongs to a mode is read without it too: it may be on tomorrow.
    mutating func callers(by auth: Set<AuthMode>?, behind proxies: TrustedProxies?) -> Authenticator? {
        let keys = readIfSet(.authKeysFile) { text throws(InvalidValue) in
            try BearerKeyLines.parse(InputFile.contents(of: text, limit: BearerKeyLines.largestFile))
        }
        if case .some(.some) = keys, let path = self[.authKeysFile]?.text { warnOfWriters(.authKeysFile, of: path) }
        let tokens = tokens(areRead: auth?.contains(.jwt) ?? false)
        let field = read(.authProxyHeader, UserField.name)
        guard let auth, let keys, let tokens, let field else { return nil }
        if keys != nil, !auth.contains(.bearer) {
            warn(.authKeysFile, "has no effect while AUTH does not have bearer: nobody is asked for a key")
        }
        if auth == [.none] { return .anybody }
        var modes: [Authenticator.Mode] = []
        var isWhole = true
        if auth.contains(.bearer) {
            if let keys {
                modes.append(.bearer(keys))
            } else {
                refuse(.authKeysFile, "not set, and AUTH has bearer; name a file with a line of ephemerald key in it")
                isWhole = false
            }
        }
        if auth.contains(.jwt) {
            if let tokens {
                modes.append(.jwt(tokens))
            } else {
                refuse(.jwtKeys, "not set, and AUTH has jwt; name a file with keys, or the https address of a JWKS")
                isWhole = false
            }
        }
        if auth.contains(.proxy) {
            modes.append(.proxy(field: field))
            if proxies == TrustedProxies.none {
                refuse(
                    .trustedProxies, "names nobody, and AUTH has proxy; name the proxy whose \(field) is to be believed"
                )
                isWhole = false
            }
            for range in proxies?.ranges ?? [] where range.isEverybody {
                refuse(.trustedProxies, "\(range) trusts everybody, and with AUTH=proxy everybody could name himself")
                isWhole = false
            }
        }
        return isWhole ? Authenticator(modes) : nil
    }
}

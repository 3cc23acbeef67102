import EphemeraldCore
import HTTP
import System
import Text

extension Setting {
    package static let auth = Setting(
        "AUTH", .list, .computed("none on loopback"), "LIST", .reload,
        "How callers prove who they are: none, or one or more of bearer, jwt and proxy. With none only the origin and "
            + "the network are trusted.")
    package static let authKeys = Setting(
        "AUTH_KEYS", .list, .none, "LIST", .reload,
        "The same keys, for a platform without files: name:sha256, with commas between them. Use one of the two.")
    package static let authKeysFile = Setting(
        "AUTH_KEYS_FILE", .text, .none, "FILE", .reload, file: .authority,
        "The keys of callers for AUTH=bearer, one name:sha256 a line, as ephemerald key prints it. Anyone who can write "
            + "it decides who may call.")
    package static let jwtKeys = Setting(
        "JWT_KEYS", .text, .none, "FILE|URL", .reload, file: .authority,
        "The keys of tokens for AUTH=jwt: a file (JWKS, public key or certificate in PEM, or a secret for HS256), or the "
            + "https address of a JWKS. Anyone who can write there, or has a private key, decides who may call.")
    package static let jwtSecret = Setting(
        "JWT_SECRET", .text, .none, "SECRET", .reload, isSecret: true,
        "A secret for HS256 in place of JWT_KEYS, for a platform without files. It is a secret, so it has no flag.")
    package static let jwtIssuer = Setting(
        "JWT_ISSUER", .text, .none, "TEXT", .reload,
        "The iss that a token must have, exactly. Without it, tokens of every issuer with those keys are accepted.")
    package static let jwtAudience = Setting(
        "JWT_AUDIENCE", .text, .none, "TEXT", .reload,
        "The aud that a token must have, exactly, or as one of its members. Without it, tokens that were made for other "
            + "services are accepted.")
    package static let jwtLeeway = Setting(
        "JWT_LEEWAY", .text, .value("30s"), "DURATION", .reload,
        "How far the issuer's clock may differ, 0s to 5min. A token is accepted for that much longer.")
    package static let jwtSessionsClaim = Setting(
        "JWT_SESSIONS_CLAIM", .text, .value("sessions"), "NAME", .reload,
        "The claim that names the sessions a caller may use. A token without it may use all of them.")
    package static let authProxyHeader = Setting(
        "AUTH_PROXY_HEADER", .text, .value("X-Auth-Request-User"), "NAME", .reload,
        "The field in which a proxy of TRUSTED_PROXIES names the user, for AUTH=proxy. That proxy is trusted to let "
            + "nobody else write it.")
}

/// A way in which callers prove who they are; `AUTH` names a set of them.
package enum AuthMode: String, CaseIterable, Sendable {
    /// They prove nothing: anyone with an allowed origin who can reach the address may request tokens.
    case none
    /// They present a key of `AUTH_KEYS_FILE`.
    case bearer
    /// They present a token that a key of `JWT_KEYS` has signed.
    case jwt
    /// A trusted proxy names them in the field `AUTH_PROXY_HEADER`.
    case proxy

    /// Reads one entry of `AUTH`.
    init(parsing entry: String) throws(Invalid) {
        guard let mode = AuthMode(rawValue: entry) else {
            throw Invalid(
                "is not a mode; write none, or one or more of bearer, jwt and proxy"
                    + entry.suggestion(among: AuthMode.allCases.map(\.rawValue)))
        }
        self = mode
    }
}

extension SettingsReader {
    /// The modes of `AUTH`; none at all when they are wrong.
    mutating func auth() -> Set<AuthMode> {
        let entries = readListIfSet(.auth) { text throws(Invalid) in try AuthMode(parsing: text) }
        let modes = Set(entries ?? [.none])
        // Beside another mode, none would undo it.
        guard modes.count <= 1 || !modes.contains(.none) else {
            refuse(.auth, "none beside another mode would let everybody in; write one or the other")
            return []
        }
        return isWrong(.auth) ? [] : modes
    }

    /// The check that the modes lead to. The settings of a mode are read without it too: it may be on tomorrow.
    mutating func callers(by auth: Set<AuthMode>, behind proxies: TrustedProxies) -> Authenticator {
        let keys = bearerKeys()
        let tokens = tokens(areUsed: auth.contains(.jwt))
        let field = read(.authProxyHeader, UserField.name)
        if !auth.contains(.bearer), !auth.isEmpty {
            warn(.authKeys, .authKeysFile, ifSet: "has no effect while AUTH does not have bearer: keys are not read")
        }
        if auth == [.none] { return .anybody }
        var modes: [Authenticator.Mode] = []
        if auth.contains(.bearer) {
            if let keys { modes.append(.bearer(keys)) }
            if self[.authKeys] == nil, self[.authKeysFile] == nil {
                refuse(.authKeysFile, "not set, and AUTH has bearer; name a file with a line of ephemerald key in it")
            }
        }
        if auth.contains(.jwt) {
            if let tokens { modes.append(.jwt(tokens)) }
            if self[.jwtKeys] == nil, self[.jwtSecret] == nil {
                refuse(.jwtKeys, "not set, and AUTH has jwt; name a file with keys, or the https address of a JWKS")
            }
        }
        if auth.contains(.proxy) {
            modes.append(.proxy(field: field))
            if proxies == TrustedProxies.none, !isWrong(.trustedProxies) {
                refuse(
                    .trustedProxies,
                    "names nobody, and AUTH has proxy; name the proxy whose \(field) is to be believed")
            }
            for range in proxies.ranges where range.isEverybody {
                refuse(
                    .trustedProxies, "\(range) trusts everybody, and with AUTH=proxy everybody could choose a name")
            }
        }
        return Authenticator(modes)
    }

    /// The address of the keys, when it is one.
    var keysURL: ServerURL? {
        guard let text = self[.jwtKeys]?.text, SettingsReader.isAddress(text) else { return nil }
        return try? ServerURL(parsing: text, as: .complete)
    }

    /// Whether the value of `JWT_KEYS` is the address of a JWKS and not the path of a file.
    static func isAddress(_ text: String) -> Bool {
        text.lowercased().hasPrefix("https://") || text.lowercased().hasPrefix("http://")
    }

    /// How tokens are verified; nil when no keys are set.
    /// - Parameter areUsed: whether `AUTH` has `jwt`.
    private mutating func tokens(areUsed: Bool) -> TokenVerifier? {
        let keys = tokenKeys()
        let rules = TokenRules(
            issuer: readIfSet(.jwtIssuer, SettingsReader.claimText),
            audience: readIfSet(.jwtAudience, SettingsReader.claimText),
            leeway: duration(.jwtLeeway, in: .zero ... .seconds(300)),
            sessionsClaim: read(.jwtSessionsClaim, SettingsReader.claimText))
        if !areUsed {
            if !isWrong(.auth) {
                warn(
                    .jwtKeys, .jwtSecret, .jwtIssuer, .jwtAudience,
                    ifSet: "has no effect while AUTH does not have jwt: tokens are not read")
            }
        } else if keys != nil, self[.jwtAudience] == nil {
            warn(.jwtAudience, "not set: tokens that these keys have signed for other services are accepted too")
        }
        guard let keys else { return nil }
        let source = self[.jwtSecret] == nil ? Setting.jwtKeys : .jwtSecret
        if case .fixed(let set) = keys { for remark in set.remarks { warn(source, remark) } }
        return TokenVerifier(keys: keys, rules: rules)
    }

    /// The keys of `AUTH_KEYS` or of the file of `AUTH_KEYS_FILE`.
    private mutating func bearerKeys() -> BearerKeys? {
        guard self[.authKeys] != nil else {
            return readFileIfSet(.authKeysFile, limit: BearerKeyLines.largestFile, BearerKeyLines.parse)
        }
        guard self[.authKeysFile] == nil else {
            refuse(.authKeysFile, "AUTH_KEYS is set as well, and one would hide the other; remove one")
            return nil
        }
        return readIfSet(.authKeys) { text throws(Invalid) in
            do throws(Invalid) { return try BearerKeyLines.parse(entries: text) } catch {
                // An entry may be a key that was written in place of its digest.
                throw Invalid(error.reason, isHidden: true)
            }
        }
    }

    private mutating func tokenKeys() -> TokenVerifier.Keys? {
        if self[.jwtSecret] != nil {
            guard self[.jwtKeys] == nil else {
                refuse(.jwtKeys, "JWT_SECRET is set as well, and one would hide the other; remove one")
                return nil
            }
            warnIfInReadableFile(.jwtSecret)
            return readIfSet(.jwtSecret) { text throws(Invalid) in .fixed(try KeySet(file: Array(text.utf8))) }
        }
        let pipes = pipes
        var permissions: Int?
        let keys = readIfSet(.jwtKeys) { text throws(Invalid) -> TokenVerifier.Keys in
            if SettingsReader.isAddress(text) {
                return .fetched(FetchedKeys(url: "\(try ServerURL(parsing: text, as: .complete))"))
            }
            let file: InputFile
            do throws(Invalid) {
                file = try InputFile(text, limit: 256 << 10, pipes: pipes)
            } catch {
                var invalid = error
                // A text that is not a path may be the secret itself.
                invalid.isHidden = !text.contains("/") && text.utf8.count >= 32
                throw invalid
            }
            permissions = file.permissions
            do throws(Invalid) {
                return .fixed(try KeySet(file: file.contents))
            } catch {
                throw Invalid(error.reason)
            }
        }
        // A secret signs tokens as well as it verifies them, and a public key decides who else does.
        if case .fixed(let set) = keys, let path = self[.jwtKeys]?.text {
            warnAboutMount(.jwtKeys, path)
            warnAboutOthers(.jwtKeys, path, permissions, .authority)
            if set.hasSecrets { warnAboutOthers(.jwtKeys, path, permissions, .secret) }
        }
        return keys
    }

    private static func claimText(_ text: String) throws(Invalid) -> String {
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid("write at most 512 visible ASCII characters without spaces")
        }
        return text
    }
}

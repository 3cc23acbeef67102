package import EphemeraldCore
package import HTTP
import System
import Text

extension Setting {
    package static let allowedOrigins = Setting(
        "ALLOWED_ORIGINS", .list, .computed("http://localhost:*,http://127.0.0.1:* on loopback"), "LIST", .reload,
        "The web pages that may request tokens and calls: https://app.example, https://*.example.com for one label, "
            + "https://app-*-team.example.com for part of one, http://localhost:* for any port. Every page of these "
            + "origins is trusted to start sessions.")
    package static let allowMissingOrigin = Setting(
        "ALLOW_MISSING_ORIGIN", .boolean, .value("false"), "true|false", .reload,
        "Whether requests without an Origin field, from native apps and scripts, are answered. Then everybody who can "
            + "reach the address is trusted.")
    package static let allowSharedSuffixes = Setting(
        "ALLOW_SHARED_SUFFIXES", .boolean, .value("false"), "true|false", .reload,
        "Whether a wildcard may be under a domain where anyone can register a name, as in https://*.vercel.app. Then the "
            + "pages of strangers there are trusted as well.")
    package static let allowCredentials = Setting(
        "ALLOW_CREDENTIALS", .boolean, .value("false"), "true|false", .reload,
        "Whether browsers may send cookies with a request from another origin, for a proxy that logs users in by cookie. "
            + "It needs exact origins, whose scripts can then request tokens as the user.")
    package static let trustedProxies = Setting(
        "TRUSTED_PROXIES", .list, .none, "LIST", .reload,
        "Addresses and CIDR ranges, and unix: for the socket, whose forwarding headers are believed. They decide who "
            + "counts as which client.")
    package static let clientAddressFrom = Setting(
        "CLIENT_ADDRESS_FROM", .text, .computed("x-forwarded-for or forwarded"), "FIELD|NUMBER", .reload,
        "The one field in which TRUSTED_PROXIES name the client: x-forwarded-for, forwarded, a field with one address "
            + "like CF-Connecting-IP, or a number, the client's place in X-Forwarded-For from the right. Name the field "
            + "that the proxy sets: it may pass on what a client writes into another.")
    package static let requestIDFrom = Setting(
        "REQUEST_ID_FROM", .text, .none, "FIELD", .reload,
        "The field in which TRUSTED_PROXIES name the request, such as X-Request-Id. Without it the daemon makes an id for "
            + "each request. Set it only if the proxy replaces what a client writes into that field.")
    package static let sessionsDirectory = Setting(
        "SESSIONS_DIR", .text, .value("sessions"), "DIRECTORY", .reload,
        "The directory of the session files. Anyone who can write there decides what is spent.")
    package static let sessionsJSON = Setting(
        "SESSIONS_JSON", .text, .none, "JSON", .reload,
        "The sessions themselves in place of SESSIONS_DIR, for a platform without files: an object with the text of one "
            + "session file for each name.")
    package static let demo = Setting(
        "DEMO", .boolean, .computed("true with SANDBOX, false without"), "true|false", .reload,
        "Whether a demo page is served at /. Anyone who can open it can request tokens, as from every page of its "
            + "origin.")
}

extension Setting.Group {
    static let access = Self(
        "Access",
        [
            .allowedOrigins, .allowMissingOrigin, .allowSharedSuffixes, .allowCredentials, .trustedProxies,
            .clientAddressFrom, .requestIDFrom, .auth, .authKeys, .authKeysFile, .jwtKeys, .jwtSecret, .jwtIssuer,
            .jwtAudience,
            .jwtLeeway, .jwtSessionsClaim,
            .authProxyHeader,
            .sessionsDirectory, .sessionsJSON, .demo,
        ])
}

extension Settings {
    /// The rules for who may request tokens.
    package struct Access: Sendable {
        /// The pages that may request tokens.
        package let allowedOrigins: [OriginPattern]
        /// Whether requests without an origin are answered.
        package let allowsMissingOrigin: Bool
        /// Whether wildcards may be under domains where anyone can register a name.
        package let allowsSharedSuffixes: Bool
        /// Whether browsers may send cookies; only with origins that are all exact.
        package let allowsCredentials: Bool
        /// The proxies whose forwarding fields are believed.
        package let trustedProxies: TrustedProxies
        /// The field in which they name the request; nil for none.
        package let requestIDField: String?
        /// Never empty.
        package let auth: Set<AuthMode>
        /// The check that those modes lead to.
        package let callers: Authenticator
        /// Where the keys of tokens are fetched from; nil when they are not.
        package let keysURL: ServerURL?

        init(_ reader: inout SettingsReader) {
            allowsSharedSuffixes = reader.bool(.allowSharedSuffixes)
            allowedOrigins = reader.allowedOrigins(allowsSharedSuffixes: allowsSharedSuffixes)
            allowsCredentials = reader.allowsCredentials(to: allowedOrigins)
            allowsMissingOrigin = reader.bool(.allowMissingOrigin)
            trustedProxies = reader.trustedProxies()
            requestIDField = reader.readIfSet(.requestIDFrom) { text throws(Invalid) -> String in
                guard text.isToken, text.utf8.count <= 64 else {
                    throw Invalid("write the name of a field, such as X-Request-Id")
                }
                return text
            }
            auth = reader.auth()
            callers = reader.callers(by: auth, behind: trustedProxies)
            keysURL = auth.contains(.jwt) ? reader.keysURL : nil
        }
    }
}

extension SettingsReader {
    /// The entries of `ALLOWED_ORIGINS`, or the pages of this machine when it is not set.
    fileprivate mutating func allowedOrigins(allowsSharedSuffixes: Bool) -> [OriginPattern] {
        let isAllowed = allowsSharedSuffixes || isWrong(.allowSharedSuffixes)
        let read = readListIfSet(.allowedOrigins) { text throws(Invalid) in
            try OriginPattern(parsing: text, allowsSharedSuffixes: isAllowed)
        }
        guard let origins = read else {
            // The pages of a developer's own machine, on any port.
            return ["http://localhost:*", "http://127.0.0.1:*"].compactMap { try? OriginPattern(parsing: $0) }
        }
        let listed = Set(origins)
        for origin in origins where origin.isPlainHTTPBeyondLoopback {
            var message = "\(origin) is not encrypted: anyone on the path can change the page and send requests as it"
            if let secure = origin.underOtherScheme, !listed.contains(secure) {
                message += "; \(secure) is a different origin, and is not on the list"
            }
            warn(.allowedOrigins, message)
        }
        for origin in origins where origin.isUnderSharedSuffix && !isAllowed {
            warn(
                .allowedOrigins,
                "\(origin) admits every page whose name fits, and anyone can register a name there: make sure that "
                    + "the platform keeps this ending for your team")
        }
        return origins
    }

    /// The value of `ALLOW_CREDENTIALS`, which is refused beside an entry that admits several origins: a page that
    /// nobody named could then send requests with the cookies of the user.
    fileprivate mutating func allowsCredentials(to origins: [OriginPattern]) -> Bool {
        guard bool(.allowCredentials) else { return false }
        guard !isWrong(.allowedOrigins), let pattern = origins.first(where: { $0.exactOrigin == nil }) else {
            return true
        }
        let place = self[.allowedOrigins] == nil ? "which ALLOWED_ORIGINS has by default" : "in ALLOWED_ORIGINS"
        refuse(
            .allowCredentials,
            "cookies need exact origins, and \(pattern), \(place), admits several; write each origin in full")
        return false
    }

    fileprivate mutating func trustedProxies() -> TrustedProxies {
        let field = readIfSet(.clientAddressFrom, AddressField.init(parsing:)) ?? .either
        guard let value = self[.trustedProxies], value.text != "none" else {
            warn(
                .clientAddressFrom, .requestIDFrom, ifSet: "has no effect without TRUSTED_PROXIES: no field is believed"
            )
            return TrustedProxies.none
        }
        let entries = readListIfSet(.trustedProxies) { text throws(Invalid) in
            try TrustedProxies.Entry(parsing: text)
        }
        let proxies = TrustedProxies(entries ?? [], naming: field)
        for range in proxies.ranges where range.isEverybody {
            warn(.trustedProxies, "\(range) believes everybody: each request can choose the client that it counts as")
        }
        return proxies
    }
}

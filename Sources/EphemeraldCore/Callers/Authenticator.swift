package import HTTP
import Text

/// The rule which callers are accepted: all of them, or those that prove in one of several ways who they are.
package struct Authenticator: Sendable {
    /// A way in which callers prove who they are.
    package enum Mode: Sendable {
        /// `Authorization: Bearer KEY` (RFC 6750 section 2.1).
        case bearer(BearerKeys)
        /// `Authorization: Bearer TOKEN`, a signed token (RFC 7519).
        case jwt(TokenVerifier)
        /// A field in which a trusted proxy names the user that it has authenticated.
        case proxy(field: String)
    }

    private let isAnybody: Bool
    private var keys: BearerKeys?
    private var tokens: TokenVerifier?
    private var userField: String?

    /// Accepts all callers without a name: `AUTH=none`.
    package static let anybody = Authenticator(isAnybody: true)

    /// - Parameter modes: at most one of each kind. Without any, all callers are refused.
    package init(_ modes: [Mode]) {
        self.init(isAnybody: false)
        for mode in modes {
            switch mode {
            case .bearer(let keys): self.keys = keys
            case .jwt(let tokens): self.tokens = tokens
            case .proxy(let field): userField = field
            }
        }
    }

    private init(isAnybody: Bool) {
        self.isAnybody = isAnybody
    }

    /// Whether both have the same keys from files.
    package func hasSameKeys(as other: Authenticator) -> Bool {
        keys == other.keys && tokens?.fingerprint == other.tokens?.fingerprint
    }

    /// The keys that tokens are verified with, for the log: algorithms, and the lengths of secrets. Empty without tokens.
    package var tokenKeys: [String] { tokens?.summary ?? [] }

    /// This rule, with the keys that the other one has fetched from the same address.
    package func keepingFetchedKeys(of other: Authenticator) -> Authenticator {
        var rule = self
        if let old = other.tokens { rule.tokens?.keepFetchedKeys(of: old) }
        return rule
    }

    /// This rule is no longer in force: keys that it fetches are not reported any more, unless the rule in force has them
    /// too.
    package func retire(for other: Authenticator) {
        tokens?.retireFetchedKeys(unlessKeptBy: other.tokens)
    }

    /// Fetches the keys of tokens, if they are fetched, before the first caller needs them.
    package func prepare(_ means: KeyFetching) async {
        await tokens?.prepare(means)
    }

    /// Identifies the caller; nil when all callers are accepted. Credentials come before the field of a proxy, which does
    /// not make up for a wrong key. A refusal does not say what is wrong with the credentials.
    ///
    /// Waits only for a token whose key has to be fetched.
    package func identify(
        _ request: Request, behind proxies: TrustedProxies, _ means: KeyFetching
    ) throws(Refusal) -> Step<Caller?> {
        if isAnybody { return .now(nil) }
        if keys != nil || tokens != nil {
            if let value = request.fields.only("Authorization") { return try caller(presenting: value, means) }
            // Another reader of two fields might have believed the other one.
            if request.fields["Authorization"] != nil { throw .authenticationFailed(nil) }
        }
        if let userField, proxies.contains(request.peer), let name = request.fields.only(userField),
            Caller.isName(name)
        {
            return .now(Caller(name: name))
        }
        throw .authenticationRequired
    }

    private func caller(presenting value: String, _ means: KeyFetching) throws(Refusal) -> Step<Caller?> {
        // Another scheme cannot be checked here (RFC 6750 section 3.1: no error code then).
        guard let place = Authenticator.bearerCredential(in: value) else { throw .authenticationRequired }
        guard !place.isEmpty else { throw .authenticationFailed(nil) }
        if let tokens {
            let text = value.utf8.dropFirst(place.lowerBound).prefix(place.count)
            if keys == nil || JSONWebToken.hasForm(text) {
                return try tokens.caller(presenting: text, means).then { .now($0) }
            }
        }
        guard let caller = keys?.caller(presenting: value.utf8.span.extracting(place)) else {
            throw .authenticationFailed(nil)
        }
        return .now(caller)
    }

    /// Where the bytes are that follow the scheme `Bearer`, which is not case-sensitive, without the white space around
    /// them; nil for another scheme.
    private static func bearerCredential(in value: String) -> Range<Int>? {
        let bytes = value.utf8.span
        let scheme: InlineArray<6, UInt8> = [0x62, 0x65, 0x61, 0x72, 0x65, 0x72]
        guard bytes.count >= scheme.count else { return nil }
        for index in scheme.indices where bytes[index].asciiLowercased != scheme[index] { return nil }
        guard bytes.count == scheme.count || bytes[scheme.count] == UInt8(ascii: " ") else { return nil }
        var (start, end) = (scheme.count, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}

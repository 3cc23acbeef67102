package import HTTP
import Text

/// The rule who may call: anybody, or whoever proves in one of several ways who he is. Who proves nothing is refused.
package struct Authenticator: Sendable {
    /// A way in which callers prove who they are.
    package enum Mode: Sendable {
        /// `Authorization: Bearer KEY` (RFC 6750 section 2.1).
        case bearer(BearerKeys)
        /// `Authorization: Bearer TOKEN`, a signed token (RFC 7519).
        case jwt(TokenVerifier)
        /// A field in which a trusted proxy names the user that it has let in.
        case proxy(field: String)
    }

    private let isAnybody: Bool
    private var keys: BearerKeys?
    private var tokens: TokenVerifier?
    private var userField: String?

    /// Nobody is asked who he is: `AUTH=none`.
    package static let anybody = Authenticator(isAnybody: true)

    /// - Parameter modes: one of each kind at most. Without any, everybody is refused.
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

    /// Whether both know callers by the same keys, as far as files have them.
    package func hasSameKeys(as other: Authenticator) -> Bool {
        keys == other.keys && tokens?.fingerprint == other.tokens?.fingerprint
    }

    /// What tokens are verified with, for the log: algorithms, and the lengths of secrets. Empty without tokens.
    package var tokenKeys: [String] { tokens?.words ?? [] }

    /// This rule, with the keys that the other one has fetched from the same address.
    package func keepingFetchedKeys(of other: Authenticator) -> Authenticator {
        var rule = self
        if let old = other.tokens { rule.tokens?.keepFetchedKeys(of: old) }
        return rule
    }

    /// Fetches what can be fetched before the first caller comes.
    package func prepare(_ means: KeyFetching) async {
        await tokens?.prepare(means)
    }

    /// Says who is calling; nil when anybody may. What the request carries first decides, credentials before a proxy's
    /// word: a wrong key is not made good by it. A refusal does not say what is wrong with what was shown.
    package func identify(
        _ request: Request, behind proxies: TrustedProxies, _ means: KeyFetching
    ) async throws(Refusal) -> Caller? {
        if isAnybody { return nil }
        if keys != nil || tokens != nil, request.fields.count(of: "Authorization") > 0 {
            return try await caller(showing: request.fields, means)
        }
        if let userField, proxies.contains(request.peer), let name = request.fields.only(userField),
            Caller.isName(name)
        {
            return Caller(name: name)
        }
        throw .authenticationRequired
    }

    private func caller(showing fields: Fields, _ means: KeyFetching) async throws(Refusal) -> Caller {
        // Of two fields another reader might have believed the other one.
        guard let value = fields.only("Authorization") else { throw .authenticationFailed(nil) }
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        // Another scheme is nothing that we could judge (RFC 6750 section 3.1: no error code then).
        guard let scheme = parts.first, String(Substring(scheme)).equalsIgnoringCase("Bearer") else {
            throw .authenticationRequired
        }
        guard parts.count == 2 else { throw .authenticationFailed(nil) }
        let shown = parts[1].trimmingOptionalWhitespace
        if let tokens, keys == nil || JSONWebToken.isMeant(by: shown) {
            return try await tokens.caller(showing: shown, means)
        }
        guard let caller = keys?.caller(showing: shown) else { throw .authenticationFailed(nil) }
        return caller
    }
}

/// Who a request comes from, when the caller has proved it.
package struct Caller: Hashable, Sendable {
    /// The name of a bearer key, the `sub` of a token, or what a trusted proxy says: 1 to 256 visible ASCII characters.
    /// The same name is the same caller, whichever way it was proved.
    package let name: String
    /// The sessions that the caller may use; nil for all of them.
    package let sessions: [String]?

    /// Does not look at the name: who makes a caller has.
    package init(name: String, sessions: [String]? = nil) {
        self.name = name
        self.sessions = sessions
    }

    /// Whether the caller may use the session of that name.
    func mayUse(_ session: String) -> Bool {
        sessions?.contains { $0.hasSameBytes(as: session) } ?? true
    }

    /// Whether a text can name a bearer key: `[A-Za-z0-9._-]{1,64}`.
    package static func isKeyName(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isNameByte)
    }

    /// Whether a text can name a user whom somebody else vouches for: 1 to 256 visible ASCII characters. No list, no
    /// folding, nothing that a log could be misled by.
    static func isName(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

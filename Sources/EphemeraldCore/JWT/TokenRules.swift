import JSON
import Text

/// What the claims of a token (RFC 7519 section 4.1) must say, so that its caller is accepted.
package struct TokenRules: Sendable {
    /// The required `iss`; nil for any or none.
    package let issuer: String?
    /// The required `aud`, or one of its members; nil for any or none.
    package let audience: String?
    /// The allowed difference between clocks.
    package let leeway: Duration
    /// The claim that names the sessions that the caller may use.
    package let sessionsClaim: String

    /// The leeway of 30 s and the claim `sessions` are the defaults of the settings too.
    package init(
        issuer: String?, audience: String?, leeway: Duration = .seconds(30), sessionsClaim: String = "sessions"
    ) {
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
        self.sessionsClaim = sessionsClaim
    }

    /// The caller of a token whose signature is valid.
    /// - Parameter now: the time in Unix milliseconds.
    func caller(by claims: [UInt8], now: Int64) throws(TokenFlaw) -> Caller {
        // All claims are read, so that no member is repeated at any depth: another reader might use the other one.
        guard let members = (try? JSON(parsing: claims))?.objectValue else { throw .claims }
        try check(timesOf: members, at: Double(now) / 1_000)
        if let issuer {
            guard let said = members["iss"]?.stringValue, said.hasSameBytes(as: issuer) else { throw .issuer }
        }
        if let audience {
            let said = members["aud"]?.texts ?? []
            guard said.contains(where: { $0.hasSameBytes(as: audience) }) else { throw .audience }
        }
        guard let name = members["sub"]?.stringValue, Caller.isName(name) else { throw .subject }
        return Caller(name: name, sessions: try sessions(in: members))
    }

    private func check(timesOf members: JSONObject, at now: Double) throws(TokenFlaw) {
        let leeway = leeway / .seconds(1)
        guard let end = try members.time("exp"), now < end + leeway else { throw .expired }
        if let start = try members.time("nbf"), now < start - leeway { throw .notYetValid }
        if let made = try members.time("iat"), now < made - leeway { throw .notYetValid }
    }

    /// An array of names, or names with spaces between them, as `scope` has them (RFC 8693 section 4.2).
    private func sessions(in members: JSONObject) throws(TokenFlaw) -> [String]? {
        guard let claim = members[sessionsClaim] else { return nil }
        if let text = claim.stringValue { return text.split(separator: " ").map(String.init) }
        guard let names = claim.texts else { throw .claims }
        return names
    }
}

extension JSON {
    /// A string, or an array of strings; nil for anything else.
    fileprivate var texts: [String]? {
        if let text = stringValue { return [text] }
        guard let elements = arrayValue else { return nil }
        let texts = elements.compactMap(\.stringValue)
        return texts.count == elements.count ? texts : nil
    }
}

extension JSONObject {
    /// A NumericDate (RFC 7519 section 2): Unix seconds, fractions are allowed.
    fileprivate func time(_ name: String) throws(TokenFlaw) -> Double? {
        guard let claim = self[name] else { return nil }
        guard let seconds = claim.numberValue?.double, seconds.isFinite else { throw .claims }
        return seconds
    }
}

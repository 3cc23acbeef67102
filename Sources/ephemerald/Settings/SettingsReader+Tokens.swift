import EphemeraldCore

extension SettingsReader {
    /// How tokens are verified; nil inside when no keys are set, nil outside when a setting is wrong. What is set
    /// without being used is read all the same: it may be tomorrow.
    /// - Parameter areRead: whether `AUTH` has `jwt`.
    mutating func tokens(areRead: Bool) -> TokenVerifier?? {
        let keys = readIfSet(.jwtKeys, SettingsReader.tokenKeys)
        let issuer = readIfSet(.jwtIssuer, SettingsReader.claimText)
        let audience = readIfSet(.jwtAudience, SettingsReader.claimText)
        let leeway = read(.jwtLeeway) { text throws(InvalidValue) in
            try Duration(parsingSetting: text, in: .zero ... .seconds(300))
        }
        let claim = read(.jwtSessionsClaim, SettingsReader.claimText)
        guard let keys, let issuer, let audience, let leeway, let claim else { return nil }
        warnOfOthers(keys)
        if areRead {
            if keys != nil { warnOfTokens(hasAudience: audience != nil) }
        } else {
            for setting in [Setting.jwtKeys, .jwtIssuer, .jwtAudience] where self[setting] != nil {
                warn(setting, "has no effect while AUTH does not have jwt: nobody is asked for a token")
            }
        }
        if case .fixed(let set) = keys { for remark in set.remarks { warn(.jwtKeys, remark) } }
        guard let keys else { return .some(nil) }
        let rules = TokenRules(issuer: issuer, audience: audience, leeway: leeway, sessionsClaim: claim)
        return TokenVerifier(keys: keys, rules: rules)
    }

    /// The address of the keys, when it is one.
    var keysURL: ServerURL? {
        guard let text = self[.jwtKeys]?.text, SettingsReader.isAddress(text) else { return nil }
        return try? ServerURL(parsing: text, as: .complete)
    }

    private mutating func warnOfTokens(hasAudience: Bool) {
        if !hasAudience {
            warn(.jwtAudience, "not set: tokens that these keys have signed for other services are taken too")
        }
    }

    /// A secret signs tokens as well as it verifies them, and a public key decides who else does.
    private mutating func warnOfOthers(_ keys: TokenVerifier.Keys?) {
        guard case .fixed(let set) = keys, let path = self[.jwtKeys]?.text else { return }
        warnOfWriters(.jwtKeys, of: path)
        if set.hasSecrets { warnOfReaders(.jwtKeys, of: path) }
    }

    private static func tokenKeys(_ text: String) throws(InvalidValue) -> TokenVerifier.Keys {
        if isAddress(text) { return .fetched(FetchedKeys(url: "\(try ServerURL(parsing: text, as: .complete))")) }
        let contents: [UInt8]
        do throws(InvalidValue) {
            contents = try InputFile.contents(of: text, limit: 256 << 10)
        } catch {
            var invalid = error
            // What is no path may be the secret itself.
            invalid.isHidden = !text.contains("/") && text.utf8.count >= 32
            throw invalid
        }
        do throws(InvalidKeys) { return .fixed(try KeySet(file: contents)) } catch { throw InvalidValue(error.reason) }
    }

    static func isAddress(_ text: String) -> Bool {
        text.lowercased().hasPrefix("https://") || text.lowercased().hasPrefix("http://")
    }

    private static func claimText(_ text: String) throws(InvalidValue) -> String {
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw InvalidValue("write at most 512 visible ASCII characters without spaces")
        }
        return text
    }
}

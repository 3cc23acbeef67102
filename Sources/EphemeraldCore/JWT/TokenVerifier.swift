/// Identifies callers that present a signed token (RFC 7519) instead of a key.
package struct TokenVerifier: Sendable {
    /// Where the keys come from.
    package enum Keys: Sendable {
        /// A file; a reload makes another set.
        case fixed(KeySet)
        /// An address, from which they are fetched.
        case fetched(FetchedKeys)
    }

    private var keys: Keys
    private let rules: TokenRules

    /// Fetches nothing: keys at an address are fetched with the first token, or by ``prepare(_:)``.
    package init(keys: Keys, rules: TokenRules) {
        self.keys = keys
        self.rules = rules
    }

    /// The fingerprint of the keys of a file; nil without a file.
    var fingerprint: Int? {
        if case .fixed(let set) = keys { set.fingerprint } else { nil }
    }

    /// The keys that tokens are verified with, for the log.
    var summary: [String] {
        switch keys {
        case .fixed(let set): set.summary
        case .fetched: ["fetched from an address"]
        }
    }

    /// Keeps the keys that another verifier has fetched from the same address.
    mutating func keepFetchedKeys(of other: TokenVerifier) {
        guard case .fetched(let mine) = keys, case .fetched(let theirs) = other.keys, mine.url == theirs.url else {
            return
        }
        keys = .fetched(theirs)
    }

    /// Stops the reports about fetched keys, unless the other verifier has them too.
    func retireFetchedKeys(unlessKeptBy other: TokenVerifier?) {
        guard case .fetched(let mine) = keys else { return }
        if case .fetched(let theirs)? = other?.keys, mine === theirs { return }
        mine.retire()
    }

    /// Fetches the keys of an address before the first token arrives.
    func prepare(_ means: KeyFetching) async {
        if case .fetched(let keys) = keys { await keys.prepare(means) }
    }

    /// The caller whose token it is. Waits only if its key has to be fetched.
    func caller(presenting text: Substring.UTF8View, _ means: KeyFetching) throws(Refusal) -> Step<Caller> {
        let token = try read(text)
        let match: Step<KeySet.Match> =
            switch keys {
            case .fixed(let set): .now(set.match(id: token.keyID, algorithm: token.algorithm))
            case .fetched(let keys): try keys.match(id: token.keyID, algorithm: token.algorithm, means)
            }
        return try match.then { match throws(Refusal) in .now(try caller(of: token, match, means)) }
    }

    private func caller(
        of token: JSONWebToken, _ match: KeySet.Match, _ means: KeyFetching
    ) throws(Refusal) -> Caller {
        do throws(TokenFlaw) {
            let key = try match.key
            guard key.isValid(token.signature, of: token.signedBytes) else { throw .signature }
            // After the signature: before it, the claims are anybody's.
            return try rules.caller(by: token.claims, now: means.surroundings.unixMilliseconds())
        } catch {
            throw .authenticationFailed(error)
        }
    }

    private func read(_ text: Substring.UTF8View) throws(Refusal) -> JSONWebToken {
        do throws(TokenFlaw) {
            let token = try JSONWebToken(text)
            // Before a key is looked up: such a token is not a reason to fetch keys.
            guard VerificationKey.Algorithm(rawValue: token.algorithm) != nil else { throw .algorithm }
            return token
        } catch {
            throw .authenticationFailed(error)
        }
    }
}

extension KeySet.Match {
    fileprivate var key: VerificationKey {
        get throws(TokenFlaw) {
            switch self {
            case .key(let key): key
            case .unknown: throw .unknownKey
            case .otherAlgorithm: throw .algorithm
            case .ambiguous: throw .ambiguousKey
            }
        }
    }
}

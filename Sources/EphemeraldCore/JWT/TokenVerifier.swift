/// Callers who show a signed token (RFC 7519) in place of a key.
package struct TokenVerifier: Sendable {
    /// Where the keys are.
    package enum Keys: Sendable {
        /// From a file; a reload brings another set.
        case fixed(KeySet)
        /// From an address, fetched and kept.
        case fetched(FetchedKeys)
    }

    private var keys: Keys
    private let rules: TokenRules

    /// Fetches nothing: keys at an address are asked for with the first token, or before.
    package init(keys: Keys, rules: TokenRules) {
        self.keys = keys
        self.rules = rules
    }

    /// Of the file of the keys; nil when there is none.
    var fingerprint: Int? {
        if case .fixed(let set) = keys { set.fingerprint } else { nil }
    }

    /// What tokens are verified with, for the log.
    var words: [String] {
        switch keys {
        case .fixed(let set): set.words
        case .fetched: ["fetched from an address"]
        }
    }

    /// Takes over what another one has fetched from the same address.
    mutating func keepFetchedKeys(of other: TokenVerifier) {
        guard case .fetched(let mine) = keys, case .fetched(let theirs) = other.keys, mine.url == theirs.url else {
            return
        }
        keys = .fetched(theirs)
    }

    /// Fetches the keys before the first token comes, when they are fetched at all.
    func prepare(_ means: KeyFetching) async {
        if case .fetched(let keys) = keys { await keys.prepare(means) }
    }

    /// Says whose token it is.
    func caller(showing text: Substring.UTF8View, _ means: KeyFetching) async throws(Refusal) -> Caller {
        let token = try read(text)
        let match =
            switch keys {
            case .fixed(let set): set.match(id: token.keyID, algorithm: token.algorithm)
            case .fetched(let keys): try await keys.match(id: token.keyID, algorithm: token.algorithm, means)
            }
        do throws(TokenFlaw) {
            let key = try match.key
            guard key.isValid(token.signature, of: token.signedBytes) else { throw .signature }
            // Behind the signature: before it, the claims are the words of a stranger.
            return try rules.caller(by: token.claims, now: means.surroundings.unixMilliseconds())
        } catch {
            throw .authenticationFailed(error)
        }
    }

    private func read(_ text: Substring.UTF8View) throws(Refusal) -> JSONWebToken {
        do throws(TokenFlaw) {
            let token = try JSONWebToken(text)
            // Before a key is looked for: such a token is no reason to fetch any.
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

import Text

/// The keys that tokens are verified with, by their ids. A set never changes: new keys are a new set.
package struct KeySet: Sendable {
    /// The result of looking up the key of a token.
    enum Match {
        case key(VerificationKey)
        /// No key of the set has that id; a newer set may have it.
        case unknown
        /// The keys that have that id are for another algorithm.
        case otherAlgorithm
        /// Several keys could have signed the token, and it does not say which.
        case ambiguous
    }

    private let keys: [VerificationKey]
    /// A hash of the bytes that the set was read from, for this process; 0 for a fetched set.
    var fingerprint = 0
    /// The keys that were left out of the set, and why; one line each, with no part of a key.
    package let remarks: [String]

    /// More keys than any provider has; without a limit, the provider would decide how much memory a set uses.
    static let limit = 64

    /// - Throws: when no key is left, or when two keys of one algorithm have the same id.
    init(_ keys: [VerificationKey], remarks: [String] = []) throws(Invalid) {
        guard !keys.isEmpty else {
            throw Invalid(remarks.isEmpty ? "it contains no key" : remarks.joined(separator: "; "))
        }
        var seen: Set<String> = []
        for key in keys where !seen.insert("\(key.algorithm.rawValue) \(key.id ?? "")").inserted {
            throw Invalid(
                "two keys for \(key.algorithm.rawValue) have "
                    + (key.id.map { "the kid \($0.loggable(64).debugDescription)" } ?? "no kid"))
        }
        self.keys = keys
        self.remarks = remarks
    }

    /// The algorithms of the keys, each once, for people.
    package var algorithms: String {
        VerificationKey.Algorithm.allCases.filter { algorithm in keys.contains { $0.algorithm == algorithm } }
            .map(\.rawValue).joined(separator: ", ")
    }

    /// Whether a key of the set can make tokens as well as verify them.
    package var hasSecrets: Bool { keys.contains { $0.algorithm == .hs256 } }

    /// A summary of the keys for the log: each algorithm once, and secrets with their lengths.
    package var summary: [String] {
        keys.map(\.summary).reduce(into: []) { all, summary in
            if !all.contains(summary) { all.append(summary) }
        }
    }

    /// The number of keys.
    package var count: Int { keys.count }

    /// The one key that can have signed a token. The id only finds a key; the algorithm that the token names must be that
    /// of the key.
    func match(id: String?, algorithm: String) -> Match {
        let named = keys.filter { key in
            guard let id, let own = key.id else { return true }
            return own.hasSameBytes(as: id)
        }
        // A key without an id is used only if no key has the right id.
        let exact = named.filter { id != nil && $0.id != nil }
        let candidates = exact.isEmpty ? named : exact
        let fitting = candidates.filter { $0.algorithm.rawValue.hasSameBytes(as: algorithm) }
        guard let key = fitting.first else { return candidates.isEmpty ? .unknown : .otherAlgorithm }
        return fitting.count == 1 ? .key(key) : .ambiguous
    }
}

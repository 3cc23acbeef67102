import Cryptography
import Text

/// The names under which OpenAI is told of callers, so that it can act against one of them and not against the whole
/// account: HMAC-SHA256 under a salt, so that OpenAI learns neither names nor addresses.
package struct SafetyIdentifier: Hashable, Sendable {
    /// Ready to be copied: the salt has gone into both hashes.
    private let code: HMAC
    /// A number for the salt, within one process.
    private let fingerprint: Int

    /// - Parameter salt: 16 bytes or more. With another salt everybody has another identifier.
    package init(salt: [UInt8]) {
        precondition(salt.count >= 16, "a salt that short can be guessed")
        code = HMAC(key: salt)
        fingerprint = salt.hashValue
    }

    /// Whether both have the same salt.
    package static func == (left: SafetyIdentifier, right: SafetyIdentifier) -> Bool {
        left.fingerprint == right.fingerprint
    }

    /// By the salt.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }

    /// A salt of 256 random bits.
    package static func randomSalt() -> [UInt8] {
        (0..<32).map { _ in UInt8.random(in: 0 ... .max) }
    }

    /// 64 hexadecimal digits for the caller, or for the address of a client that nobody has named. A caller's name
    /// cannot be taken for an address: which of the two it is goes into the hash.
    package func identifier(of caller: Caller?, at client: ClientAddress) -> String {
        let subject = caller.map { "caller:\($0.name)" } ?? "client:\(client)"
        return code.code(for: Array(subject.utf8)).hexadecimal
    }
}

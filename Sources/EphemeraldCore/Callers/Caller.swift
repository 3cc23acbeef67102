import Cryptography
import Text

/// A caller that has proved who they are.
package struct Caller: Hashable, Sendable {
    /// The name of a bearer key, the `sub` of a token, or what a trusted proxy says: 1 to 256 visible ASCII characters.
    /// The same name is the same caller, whichever way it was proved.
    package let name: String
    /// The sessions that the caller may use; nil for all of them.
    package let sessions: [String]?

    /// Does not check the name.
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

    /// Whether a text can name a user that a proxy or a token names: 1 to 256 visible ASCII characters. So it is not a
    /// list, not folded, and cannot mislead a reader of the log.
    static func isName(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// The identifiers under which OpenAI knows callers, so that it can act against one of them and not against the whole
/// account: HMAC-SHA256 under a salt, so that OpenAI learns neither names nor addresses.
package struct SafetyIdentifier: Hashable, Sendable {
    /// The state after the salt, ready to be copied.
    private let code: HMAC
    /// A hash of the salt, for this process.
    private let fingerprint: Int

    /// - Parameter salt: 16 bytes or more. With another salt every caller has another identifier.
    package init(salt: [UInt8]) {
        precondition(salt.count >= 16, "a salt that short can be guessed")
        code = HMAC(key: salt)
        fingerprint = salt.hashValue
    }

    /// Whether both have the same salt.
    package static func == (left: SafetyIdentifier, right: SafetyIdentifier) -> Bool {
        left.fingerprint == right.fingerprint
    }

    /// Hashes the salt.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }

    /// A salt of 256 random bits.
    package static func randomSalt() -> [UInt8] {
        (0..<32).map { _ in UInt8.random(in: 0 ... .max) }
    }

    /// 64 hexadecimal digits for the caller, or for the address of a client without a caller. A caller's name cannot be
    /// confused with an address, because the hash includes which of the two it is.
    package func identifier(of caller: Caller?, at client: ClientAddress) -> String {
        caller.map { identifier(ofCaller: $0.name) } ?? identifier(ofClient: client.description)
    }

    /// The same for the name of a caller.
    package func identifier(ofCaller name: String) -> String { hash("caller:" + name) }

    /// The same for the address of a client, as ``ClientAddress`` writes it.
    package func identifier(ofClient address: String) -> String { hash("client:" + address) }

    private func hash(_ subject: String) -> String { code.code(for: Array(subject.utf8)).hexadecimal }
}

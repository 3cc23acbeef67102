import HTTP
import Text

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

/// Who a request comes from, when the caller has proved it.
package struct Caller: Hashable, Sendable {
    /// The name of a bearer key, or what a trusted proxy says: 1 to 256 visible ASCII characters. The same name is the
    /// same caller, whichever way it was proved.
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// Whether a text can name a bearer key: `[A-Za-z0-9._-]{1,64}`.
    package static func isKeyName(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isNameByte)
    }
}

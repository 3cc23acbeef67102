/// Why a value cannot be.
package struct InvalidValue: Error, Hashable, Sendable {
    /// What is wrong and what is right.
    package let reason: String
    /// The entry of a list that is wrong; nil for the whole value.
    package var part: String?
    /// Whether the value may hold a secret, so that it is not shown.
    package var isHidden = false

    /// By default the whole value is wrong, and may be shown.
    package init(_ reason: String, part: String? = nil, isHidden: Bool = false) {
        self.reason = reason
        self.part = part
        self.isHidden = isHidden
    }
}

/// Why a text from outside cannot be used: a setting, a member of a file or of a request.
package struct Invalid: Error, Hashable, Sendable {
    /// What is wrong and what to write instead. It follows the text, or the setting or member that holds it.
    package let reason: String
    /// The entry or member that is wrong; nil for the whole text.
    package var part: String?
    /// Whether the text may contain a secret, so that messages must not show it.
    package var isHidden: Bool

    /// By default the whole text is wrong, and messages may show it.
    package init(_ reason: String, part: String? = nil, isHidden: Bool = false) {
        self.reason = reason
        self.part = part
        self.isHidden = isHidden
    }
}

extension Invalid: CustomStringConvertible {
    /// The part, quoted, and the reason.
    package var description: String {
        guard let part, !isHidden else { return reason }
        return "\(part.shown): \(reason)"
    }
}

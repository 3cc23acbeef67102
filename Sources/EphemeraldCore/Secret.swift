/// A text that must not be seen: printing, interpolating, dumping or mirroring it shows `<redacted>`.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// - Parameter value: the text to keep, such as an API key.
    package init(_ value: String) {
        self.value = value
    }

    /// The text itself. Every call is a place to review: it belongs into a request to the upstream and nowhere else.
    package func reveal() -> String { value }

    /// Always `<redacted>`.
    package var description: String { "<redacted>" }

    /// Always `<redacted>`, for `debugPrint` and what quotes elements of a collection.
    package var debugDescription: String { description }

    /// Without children: `dump` shows what a mirror has.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

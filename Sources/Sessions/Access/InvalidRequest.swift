/// Why the `overrides` or `variables` of a request are refused.
package struct InvalidRequest: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member of the request: `overrides.audio.output.voice`, `variables.customer`.
    package let path: String
    /// What is wrong and what is right, in words that stand behind the path.
    package let message: String

    init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    /// The path and the message, as one sentence without its full stop.
    package var description: String { "\(path) \(message)" }
}

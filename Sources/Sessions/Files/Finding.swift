import JSON
import Text

/// A message about a session file, with its place.
package struct Finding: Hashable, Sendable {
    /// How bad it is.
    package enum Severity: String, Hashable, Sendable {
        /// The session cannot be used.
        case error
        /// The session can be used, but somebody should look at the file.
        case warning
    }

    /// The file's name without its directory; the directory's path for a finding about the directory.
    package let file: String
    /// The member, as in `session.tools[0].name`; empty for the whole file.
    package let path: String
    /// Whether the session can be used nevertheless.
    package let severity: Severity
    /// What is wrong and what to write instead.
    package let message: String
    /// Line of an error of syntax, counted from 1.
    package let line: Int?
    /// Column of an error of syntax, counted from 1.
    package let column: Int?

    init(_ severity: Severity, file: String, path: String = "", _ message: String, at place: JSONError? = nil) {
        self.file = file
        self.path = path
        self.severity = severity
        self.message = message
        line = place?.line
        column = place?.column
    }
}

extension Finding: CustomStringConvertible {
    /// One line: `default.json: session.audio.output.speed: must be 0.25 to 1.5, is 2`, or `default.json:3:7: …`.
    package var description: String {
        var place = file
        if let line, let column { place += ":\(line):\(column)" }
        return [place, path, message].filter { !$0.isEmpty }.joined(separator: ": ").withoutControls
    }
}

import JSON
import Text

/// Something to say about a session file, with its place.
package struct Finding: Hashable, Sendable {
    /// How bad it is.
    package enum Severity: String, Hashable, Sendable {
        /// The session cannot be used.
        case error
        /// The session can be used; somebody should look at it.
        case warning
    }

    /// The file's name without its directory; empty for the directory itself.
    package let file: String
    /// The member that it is about, `session.tools[0].name`; empty for the whole file.
    package let path: String
    /// Whether the session can be used nevertheless.
    package let severity: Severity
    /// What is wrong and what is right.
    package let message: String
    /// Counted from 1; known for errors of syntax only.
    package let line: Int?
    /// Counted from 1; known for errors of syntax only.
    package let column: Int?

    init(_ severity: Severity, file: String, path: String = "", _ message: String) {
        self.init(severity, file: file, path: path, message, line: nil, column: nil)
    }

    init(_ severity: Severity, file: String, _ message: String, at place: JSONError) {
        self.init(severity, file: file, path: "", message, line: place.line, column: place.column)
    }

    private init(_ severity: Severity, file: String, path: String, _ message: String, line: Int?, column: Int?) {
        self.file = file
        self.path = path
        self.severity = severity
        self.message = message
        self.line = line
        self.column = column
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

import EphemeraldCore
import JSON
package import Logging
import Sessions
import Text

/// One diagnostic, in the form in which it is written: never more than one line, and without control characters.
package struct DiagnosticLine {
    /// Characters of a message, and of each value beside it.
    private static let longestMessage = 1_024
    private static let longestValue = 512

    private let unixMilliseconds: Int64
    private let level: Logger.Level
    private let message: String
    private let attributes: [(name: String, value: JSON)]

    /// - Parameter metadata: the attributes of the message; they are written in the order of their names.
    package init(_ level: Logger.Level, _ message: String, metadata: Logger.Metadata = [:], unixMilliseconds: Int64) {
        self.unixMilliseconds = unixMilliseconds
        self.level = level
        self.message = message.loggable(DiagnosticLine.longestMessage)
        attributes = metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: DiagnosticLine.json($0.value)) }
    }

    /// `2026-11-22T17:16:14.188Z warning: limit client: … ephemerald.request.id=f844…`, with its line feed.
    package var text: [UInt8] {
        let start = "\(Timestamp.rfc3339(unixMilliseconds)) \(level.rawValue): \(message)"
        let rest = attributes.map { " \($0.name)=\(DiagnosticLine.word($0.value))" }.joined()
        return Array("\(start)\(rest)\n".utf8)
    }

    /// An object with the names of OpenTelemetry's log data model, and the attributes flat beside them; with its line
    /// feed.
    package var json: [UInt8] {
        var line: JSONObject = [
            "timestamp": .string(Timestamp.rfc3339(unixMilliseconds)),
            "severity_text": .string(level.severity.text),
            "severity_number": .number(JSONNumber(level.severity.number)),
            "body": .string(message),
        ]
        for attribute in attributes where line[attribute.name] == nil { line[attribute.name] = attribute.value }
        return JSON.object(line).serialized() + [UInt8(ascii: "\n")]
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text.loggable(longestValue))
        case .stringConvertible(let number as Int): .number(JSONNumber(number))
        case .stringConvertible(let value): .string("\(value)".loggable(longestValue))
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key.loggable(64), json($0.value)) }))
        }
    }

    /// A value without quotes where it is one word.
    private static func word(_ value: JSON) -> String {
        if case .array(let values) = value { return values.map(word).joined(separator: ",") }
        guard let text = value.stringValue, !text.isEmpty, !text.utf8.contains(where: { " \"=\\,".utf8.contains($0) })
        else { return value.description }
        return text
    }
}

extension Logger.Level {
    /// The name and the number of OpenTelemetry's log data model.
    fileprivate var severity: (text: String, number: Int) {
        switch self {
        case .trace: ("TRACE", 1)
        case .debug: ("DEBUG", 5)
        case .info: ("INFO", 9)
        case .notice: ("INFO2", 10)
        case .warning: ("WARN", 13)
        case .error: ("ERROR", 17)
        case .critical: ("FATAL", 21)
        }
    }

    /// `<6>` and its like, by which the journal knows levels (sd-daemon(3)).
    package var journalPrefix: String {
        switch self {
        case .trace, .debug: "<7>"
        case .info: "<6>"
        case .notice: "<5>"
        case .warning: "<4>"
        case .error: "<3>"
        case .critical: "<2>"
        }
    }
}

package import EphemeraldCore
package import Logging
import System
import Text

extension Setting {
    package static let usageLog = Setting(
        "USAGE_LOG", .text, .value("-"), "FILE", .restart,
        "Where the usage lines go, one JSON object for each request; - is standard output. They name client addresses.")
    package static let logClient = Setting(
        "LOG_CLIENT", .text, .value("full"), "FORM", .reload,
        "How usage lines and diagnostics name clients: full, the address; truncated, its /24 or for IPv6 its /48; hashed, "
            + "by the salt of SAFETY_SALT; or none.")
    package static let logCaller = Setting(
        "LOG_CALLER", .text, .value("full"), "FORM", .reload,
        "How usage lines and diagnostics name callers: full, hashed by the salt of SAFETY_SALT, or none, with which a "
            + "restart forgets what quotas of callers have counted.")
    package static let logLevel = Setting(
        "LOG_LEVEL", .text, .value("info"), "LEVEL", .restart,
        "The lowest level of diagnostics on standard error: trace, debug, info, notice, warning, error or critical.")
    package static let logFormat = Setting(
        "LOG_FORMAT", .text, .value("auto"), "auto|text|json", .restart,
        "The format of diagnostics: text, json (one object a line), or auto: text on a terminal and json elsewhere.")
}

extension Setting.Group {
    static let output = Self("Output", [.usageLog, .logClient, .logCaller, .logLevel, .logFormat])
}

/// The destination of the usage lines.
package enum UsageLogTarget: Hashable, Sendable, CustomStringConvertible {
    /// Standard output, one line each.
    case standardOutput
    /// A file that SIGHUP reopens.
    case file(path: String)

    /// The text in the setting.
    package var description: String {
        switch self {
        case .standardOutput: "-"
        case .file(let path): path
        }
    }
}

/// The format of diagnostics.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Text on a terminal, JSON elsewhere.
    case auto
    /// For people: `TIME LEVEL: MESSAGE NAME=VALUE …`.
    case text
    /// For machines: one JSON object a line.
    case json
}

extension Settings {
    /// The usage log and the diagnostics.
    package struct Output: Sendable {
        /// A file, or standard output.
        package let usageLog: UsageLogTarget
        /// How usage lines and diagnostics name clients.
        package let logClient: LogNames.ClientForm
        /// How usage lines and diagnostics name callers.
        package let logCaller: LogNames.CallerForm
        /// The lowest level of diagnostics on standard error.
        package let logLevel: Logger.Level
        /// The format of those.
        package let logFormat: LogFormat

        init(_ reader: inout SettingsReader) {
            usageLog = reader.usageLog()
            logClient = reader.choice(.logClient)
            logCaller = reader.choice(.logCaller)
            logLevel = reader.choice(.logLevel)
            logFormat = reader.choice(.logFormat)
        }
    }
}

extension SettingsReader {
    /// The destination of the usage lines.
    mutating func usageLog() -> UsageLogTarget {
        read(.usageLog) { text throws(Invalid) -> UsageLogTarget in
            if text == "-" { return .standardOutput }
            guard !text.hasSuffix("/") else { throw Invalid("this is a directory; write a file's path, or -") }
            return .file(path: text)
        }
    }
}

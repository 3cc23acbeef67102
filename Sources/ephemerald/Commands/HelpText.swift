package import ArgumentParser
import JSON
package import Settings

/// The parts of `--help` about settings and exit codes.
package enum HelpText {
    /// For 80 columns, the width that swift-argument-parser assumes when the output is not a terminal.
    private static let width = 78

    /// The sentence about settings in a command's own help.
    package static let pointer = "Every setting is a flag of this command; ephemerald settings lists them."

    /// The settings that most deployments need.
    package static let commonSettings: [Setting] = [
        .host, .port, .allowedOrigins, .trustedProxies, .auth, .sessionsDirectory, .demo, .limitAll, .apiKey,
        .apiKeyFile, .usageLog, .sandbox,
    ]

    /// The end of `ephemerald --help`: the common settings, and the exit codes.
    package static var common: String {
        let statuses = Outcome.allCases.map { outcome in
            wrapped("\(outcome.rawValue)".padded(to: 4) + outcome.meaning, indent: 2, hanging: 6)
        }
        return "COMMON SETTINGS (ephemerald help settings lists all \(Setting.all.count)):\n"
            + commonSettings.map(entry).joined(separator: "\n")
            + "\n\nEXIT CODES:\n" + statuses.joined(separator: "\n")
    }

    /// The output of `ephemerald settings`: every setting with its default.
    package static var settings: String {
        let intro = """
            Settings come from flags, then the environment, then the JSON file of --config, then their defaults. \
            The flag --allowed-origins is the variable ALLOWED_ORIGINS and the key "allowed-origins" in the file. \
            An empty variable counts as unset. Durations are written 300ms, 10s, 2min; sizes 64KiB, 1MiB.
            """
        let groups = Setting.groups.map { group in
            "\(group.title.uppercased()):\n" + group.settings.map(entry).joined(separator: "\n")
        }
        return ([wrapped(intro, indent: 0, hanging: 0)] + groups).joined(separator: "\n\n")
    }

    private static func entry(of setting: Setting) -> String {
        let head = setting.isSecret ? "  \(setting.name) (no flag)" : "  \(setting.flag) \(setting.placeholder)"
        let text = "\(setting.help) Default: \(setting.defaultText)."
        return "\(head)\n\(wrapped(text, indent: 8, hanging: 8))"
    }

    /// Breaks the text between words.
    private static func wrapped(_ text: String, indent: Int, hanging: Int) -> String {
        var lines: [String] = []
        var line = String(repeating: " ", count: indent)
        var isEmpty = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                (line, isEmpty) = (String(repeating: " ", count: hanging), true)
            }
            line += isEmpty ? String(word) : " \(word)"
            isEmpty = false
        }
        return (lines + [line]).joined(separator: "\n")
    }
}

/// `ephemerald settings`: every setting with its default. `ephemerald help settings` prints it too.
package struct SettingsCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "List every setting with its default.", usage: "ephemerald settings",
        discussion: HelpText.settings)

    /// For swift-argument-parser.
    package init() {}

    /// Prints the list to standard output.
    package func run() {
        print(HelpText.settings)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

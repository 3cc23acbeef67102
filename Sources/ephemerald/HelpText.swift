import JSON

/// What `--help` says beyond commands and their flags: settings and exit codes.
package enum HelpText {
    /// For 80 columns, the width that swift-argument-parser assumes of what is no terminal.
    private static let width = 78

    /// What a command's own help says of settings.
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
        return "COMMON SETTINGS (ephemerald help settings lists all \(Setting.allCases.count)):\n"
            + commonSettings.map(entry).joined(separator: "\n")
            + "\n\nEXIT CODES:\n" + statuses.joined(separator: "\n")
    }

    /// What `ephemerald settings` prints: every setting with its default.
    package static var settings: String {
        let intro = """
            Settings come from flags, then the environment, then the JSON file of --config, then their defaults. \
            The flag --allowed-origins is the variable ALLOWED_ORIGINS and the key "allowed-origins" in the file. \
            An empty variable counts as unset. Durations are written 300ms, 10s, 2min; sizes 64KiB, 1MiB.
            """
        let groups = SettingRow.Group.allCases.map { group in
            let settings = Setting.allCases.filter { $0.row.group == group }
            return "\(group.rawValue.uppercased()):\n" + settings.map(entry).joined(separator: "\n")
        }
        return ([wrapped(intro, indent: 0, hanging: 0)] + groups).joined(separator: "\n\n")
    }

    private static func entry(of setting: Setting) -> String {
        let row = setting.row
        let head = setting.isSecret ? "  \(setting.name) (no flag)" : "  \(setting.flag) \(row.placeholder)"
        let text = "\(row.help) Default: \(row.defaultInWords)."
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

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

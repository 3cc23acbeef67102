/// The long part of `--help`: every setting, and the exit codes.
package enum HelpText {
    /// For 80 columns, the width that swift-argument-parser assumes of what is no terminal.
    private static let width = 78

    /// What a command's own help says of settings.
    package static let pointer = "Every setting may stand behind the command as a flag; ephemerald --help lists them."

    /// The discussion of `ephemerald --help`.
    package static var discussion: String {
        let intro = """
            Settings come from flags, then the environment, then the JSON file of --config, then their defaults. \
            The flag --allowed-origins is the variable ALLOWED_ORIGINS and the key "allowed-origins" in the file. \
            An empty variable counts as unset. Durations are written 300ms, 10s, 2min; sizes 64KiB, 1MiB.
            """
        let groups = SettingRow.Group.allCases.map { group in
            let settings = Setting.allCases.filter { $0.row.group == group }
            return "\(group.rawValue.uppercased()):\n" + settings.map(entry).joined(separator: "\n")
        }
        let statuses = Outcome.allCases.map { outcome in
            wrapped("\(outcome.rawValue)".padded(to: 4) + outcome.meaning, indent: 2, hanging: 6)
        }
        return ([wrapped(intro, indent: 0, hanging: 0)] + groups + ["EXIT CODES:\n" + statuses.joined(separator: "\n")])
            .joined(separator: "\n\n")
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

/// What was set: the command line, then the environment, then the `--config` file; the first that has a setting wins.
package struct SettingValues: Sendable {
    private let layers: [(source: SettingSource, values: [Setting: String])]

    /// - Parameters:
    ///   - flags: the values of the command line.
    ///   - environment: the variables of the process. Empty ones count as unset: a compose file that passes
    ///     `${ALLOWED_ORIGINS}` on sets an empty variable where there was none.
    ///   - file: the values of the `--config` file, and its path.
    package init(
        flags: [Setting: String], environment: [String: String], file: (path: String, values: [Setting: String])?
    ) {
        var variables: [Setting: String] = [:]
        for setting in Setting.allCases {
            if let text = environment[setting.name], !text.isEmpty { variables[setting] = text }
        }
        layers =
            [(.flag, flags), (.environment, variables)]
            + (file.map { [(SettingSource.file($0.path), $0.values)] } ?? [])
    }

    /// What was set; nil when the default holds.
    package subscript(setting: Setting) -> SettingValue? {
        for (source, values) in layers {
            if let text = values[setting] { return SettingValue(text: text, source: source) }
        }
        return nil
    }
}

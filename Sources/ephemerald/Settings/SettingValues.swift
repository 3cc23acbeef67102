import Configuration

/// What was set: the command line, then the environment, then the `--config` file; the first that has a setting wins.
///
/// swift-configuration looks the values up, one reader a source, because a problem names its source and a reader over
/// all of them does not tell it. Flags and the file come to it parsed: its own command line provider cuts values at
/// commas, adds repeated flags up and ignores unknown ones, and its own JSON provider loses the names of unknown keys
/// and the difference between `true` and `1`.
package struct SettingValues: Sendable {
    private let layers: [(source: SettingSource, reader: ConfigReader)]

    /// - Parameters:
    ///   - flags: the values of the command line.
    ///   - environment: the variables of the process. Empty ones count as unset: a compose file that passes
    ///     `${ALLOWED_ORIGINS}` on sets an empty variable where there was none.
    ///   - file: the values of the `--config` file, and its path.
    package init(
        flags: [Setting: String], environment: [String: String], file: (path: String, values: [Setting: String])?
    ) {
        let variables = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { !$0.value.isEmpty },
            secretsSpecifier: .specific(Set(Setting.allCases.filter(\.isSecret).map(\.name))))
        var layers: [(SettingSource, ConfigReader)] = [
            (.flag, ConfigReader(provider: SettingValues.provider(named: "flags", flags))),
            (.environment, ConfigReader(provider: variables)),
        ]
        if let file {
            layers.append(
                (.file(file.path), ConfigReader(provider: SettingValues.provider(named: file.path, file.values))))
        }
        self.layers = layers
    }

    /// What was set; nil when the default holds.
    package subscript(setting: Setting) -> SettingValue? {
        for (source, reader) in layers {
            if let text = reader.string(forKey: ConfigKey([setting.key]), isSecret: setting.isSecret) {
                return SettingValue(text: text, source: source)
            }
        }
        return nil
    }

    private static func provider(named name: String, _ values: [Setting: String]) -> InMemoryProvider {
        let pairs = values.map { setting, text in
            (AbsoluteConfigKey([setting.key]), ConfigValue(.string(text), isSecret: setting.isSecret))
        }
        return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: pairs))
    }
}

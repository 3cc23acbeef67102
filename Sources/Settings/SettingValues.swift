/// The place where a value was found.
package enum SettingSource: Sendable {
    /// The command line, which comes before all others.
    case flag
    /// A variable that is not empty.
    case environment
    /// The `--config` file, with its path.
    case file(String)

    /// The setting's name with the place in parentheses, as problems and warnings begin.
    package func phrase(for setting: Setting) -> String {
        switch self {
        case .flag: "\(setting.name) (\(setting.flag))"
        case .environment: "\(setting.name) (environment)"
        case .file(let path): "\(setting.name) (\(setting.key.debugDescription) in \(path))"
        }
    }
}

/// A value as it was written, and the place.
package struct SettingValue: Sendable {
    /// The text. It is not empty if it comes from the environment.
    package let text: String
    /// The first place that has it.
    package let source: SettingSource
}

/// All values that were written. The command line comes first, then the environment, then the `--config` file.
package struct SettingValues: Sendable {
    private let layers: [(source: SettingSource, values: [Setting: String])]

    /// - Parameters:
    ///   - flags: the values of the command line.
    ///   - environment: the variables of the process. Empty ones count as unset: a compose file that passes
    ///     `${ALLOWED_ORIGINS}` on sets an empty variable where there was none.
    ///   - file: the values of the `--config` file, and its path.
    init(flags: [Setting: String], environment: [String: String], file: (path: String, values: [Setting: String])?) {
        var variables: [Setting: String] = [:]
        for setting in Setting.all {
            if let text = environment[setting.name], !text.isEmpty { variables[setting] = text }
        }
        layers =
            [(.flag, flags), (.environment, variables)]
            + (file.map { [(SettingSource.file($0.path), $0.values)] } ?? [])
    }

    /// The value that was written; nil when the default applies.
    subscript(setting: Setting) -> SettingValue? {
        precondition(Setting.named(setting.name) != nil, "\(setting) is missing in its group")
        for (source, values) in layers {
            if let text = values[setting] { return SettingValue(text: text, source: source) }
        }
        return nil
    }
}

/// The settings that were written, with their places and hashes of their values: enough to see what has changed, without a
/// copy of a secret.
package struct WrittenValues: Sendable {
    private var hashes: [Setting: Int] = [:]
    private var sources: [Setting: SettingSource] = [:]

    init(_ reader: SettingsReader) {
        for setting in Setting.all {
            hashes[setting] = reader[setting]?.text.hashValue
            sources[setting] = reader[setting]?.source
        }
    }

    /// Whether the setting was written anywhere.
    package func contains(_ setting: Setting) -> Bool { sources[setting] != nil }

    /// The settings that were changed, set or removed since the old ones were read.
    package func changes(since old: WrittenValues) -> [Setting] {
        Setting.all.filter { hashes[$0] != old.hashes[$0] }
    }
}

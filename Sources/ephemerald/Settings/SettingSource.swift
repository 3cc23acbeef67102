/// Where the value of a setting was found.
package enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    /// The command line, which goes before all others.
    case flag
    /// A variable that is not empty.
    case environment
    /// The `--config` file, with its path.
    case file(String)

    /// The words behind the setting's name in a problem.
    package func phrase(for setting: Setting) -> String {
        switch self {
        case .flag: "\(setting.name) (\(setting.flag))"
        case .environment: "\(setting.name) (environment)"
        case .file(let path): "\(setting.name) (\(setting.key.debugDescription) in \(path))"
        }
    }

    /// The words for a source in a sentence.
    package var description: String {
        switch self {
        case .flag: "the command line"
        case .environment: "the environment"
        case .file(let path): path
        }
    }
}

/// Where the usage lines go.
package enum UsageLogTarget: Hashable, Sendable, CustomStringConvertible {
    /// Standard output, one line each.
    case standardOutput
    /// A file that SIGHUP reopens.
    case file(path: String)

    /// As it is written in the setting.
    package var description: String {
        switch self {
        case .standardOutput: "-"
        case .file(let path): path
        }
    }
}

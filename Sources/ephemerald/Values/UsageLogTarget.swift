/// Where the usage lines go.
package enum UsageLogTarget: Hashable, Sendable {
    case standardOutput
    /// A file that SIGHUP reopens.
    case file(path: String)
}

/// Where the usage lines go.
package enum UsageLogTarget: Hashable, Sendable {
    /// Standard output, one line each.
    case standardOutput
    /// A file that SIGHUP reopens.
    case file(path: String)
}

/// Settings that the program cannot work with.
package enum SettingsFailure: Error, Hashable, Sendable {
    /// The command line is not understood; exit status 64.
    case usage(UsageErrors)
    /// Every problem there is, and the warnings beside; exit status 78.
    case invalid([SettingProblem], warnings: [String])
}

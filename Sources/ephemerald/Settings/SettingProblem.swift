/// Something wrong with a setting, in one line: the setting, where it was set, its value, what is wrong and what is
/// right. The value of a secret is never in it.
package struct SettingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// A problem that belongs to no single value.
    package init(_ description: String) {
        self.description = description
    }

    /// A problem with a value that was set.
    package init(_ setting: Setting, _ value: SettingValue, _ invalid: InvalidValue) {
        let place = value.source.phrase(for: setting)
        let text = invalid.part ?? value.text
        self.init(
            setting.isSecret || invalid.isHidden
                ? "\(place): \(invalid.reason)" : "\(place): \(text.shown): \(invalid.reason)")
    }
}

/// Why a value cannot be.
package struct InvalidValue: Error, Hashable, Sendable {
    /// What is wrong and what is right.
    package let reason: String
    /// The entry of a list that is wrong; nil for the whole value.
    package var part: String?
    /// Whether the value may hold a secret, so that it is not shown.
    package var isHidden = false

    package init(_ reason: String, part: String? = nil, isHidden: Bool = false) {
        self.reason = reason
        self.part = part
        self.isHidden = isHidden
    }
}

/// Settings that the program cannot work with.
package enum SettingsFailure: Error, Hashable, Sendable {
    /// The command line is not understood; exit status 64.
    case usage(UsageErrors)
    /// Every problem there is, and the warnings beside; exit status 78.
    case invalid([SettingProblem], warnings: [String])
}

import Text

/// Something wrong with a setting, in one line: the setting, where it was set, its value, what is wrong and what is
/// right. The value of a secret is never in it.
package struct SettingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole line, without `error: ` in front.
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

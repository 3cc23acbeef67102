/// A value as it was written, and where.
package struct SettingValue: Sendable {
    /// Not empty for the environment: an empty variable counts as unset.
    package let text: String
    /// The first source that has it.
    package let source: SettingSource
}

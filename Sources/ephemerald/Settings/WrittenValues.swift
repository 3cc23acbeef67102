/// What was written for each setting and where, the values as hashes: enough to see what has changed, and no place where
/// a key could be read.
package struct WrittenValues: Sendable {
    private var hashes: [Setting: Int] = [:]
    private var sources: [Setting: SettingSource] = [:]

    init(_ reader: SettingsReader) {
        for setting in Setting.allCases {
            hashes[setting] = reader[setting]?.text.hashValue
            sources[setting] = reader[setting]?.source
        }
    }

    /// Whether the setting was written anywhere.
    func contains(_ setting: Setting) -> Bool { sources[setting] != nil }

    /// The name of the setting, and where it was written: `SESSIONS_DIR (--sessions-dir)`.
    func phrase(for setting: Setting) -> String { sources[setting]?.phrase(for: setting) ?? setting.name }

    /// The settings that somebody has changed, set or left out since.
    package func changes(since old: WrittenValues) -> [Setting] {
        Setting.allCases.filter { hashes[$0] != old.hashes[$0] }
    }
}

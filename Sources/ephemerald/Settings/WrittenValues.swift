/// What was written for each setting, as hashes: enough to see what has changed, and no place where a key could be read.
package struct WrittenValues: Sendable {
    private var hashes: [Setting: Int] = [:]

    init(_ reader: SettingsReader) {
        for setting in Setting.allCases { hashes[setting] = reader[setting]?.text.hashValue }
    }

    /// The settings that somebody has changed, set or left out since.
    package func changes(since old: WrittenValues) -> [Setting] {
        Setting.allCases.filter { hashes[$0] != old.hashes[$0] }
    }
}

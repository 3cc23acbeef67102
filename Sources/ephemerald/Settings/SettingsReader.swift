import Sessions
import Text

/// The one pass over all settings: it reads them by their parsers and collects what is wrong.
package struct SettingsReader {
    private let values: SettingValues
    /// In the order in which the settings are read, those of the `--config` file's own first.
    package private(set) var problems: [SettingProblem] = []
    /// What can be worked with and should be known.
    package private(set) var warnings: [String] = []
    /// Whether there is a file of settings that could not be read: a setting that is missing may be in it.
    let isFileUnread: Bool

    /// Finds the values; only a command line that is not understood ends the pass here.
    package init(arguments: [String], environment: [String: String]) throws(SettingsFailure) {
        let flags: [Setting: String]
        do {
            flags = try FlagReader.values(of: arguments)
        } catch {
            throw .usage(error)
        }
        let config = SettingValues(flags: flags, environment: environment, file: nil)[.config]
        let file = config.map { (path: $0.text, contents: SettingsFile(readingFrom: $0)) }
        values = SettingValues(
            flags: flags, environment: environment, file: file.map { ($0.path, $0.contents.values) })
        isFileUnread = file?.contents.isUnread ?? false
        problems = file?.contents.problems ?? []
        warnings = SettingsReader.misspellings(in: environment)
    }

    /// Variables that are nearly a setting. Others are somebody else's, and so may be short ones.
    private static func misspellings(in environment: [String: String]) -> [String] {
        let names = Setting.allCases.map(\.name)
        return environment.keys.sorted().compactMap { name in
            guard name.utf8.count >= 8, name.contains("_"), !names.contains(name) else { return nil }
            // APP_PORT and the like are Kubernetes' own.
            let nearest = name.nearest(in: names, within: name.utf8.count < 12 ? 1 : 2)
            return nearest.map { "\(name.withoutControls) (environment) is no setting; did you mean \($0)?" }
        }
    }

    /// The value as it was written and where; nil when nobody set it.
    subscript(setting: Setting) -> SettingValue? { values[setting] }

    /// The value of a setting with a default; nil when it is wrong, which is then among the problems.
    mutating func read<Value>(_ setting: Setting, _ parse: (String) throws(InvalidValue) -> Value) -> Value? {
        guard let value = values[setting] else {
            guard case .value(let text) = setting.row.fallback, let fallback = try? parse(text) else {
                preconditionFailure("\(setting.name) has no default that its parser accepts")
            }
            return fallback
        }
        return self.parse(value, of: setting, parse)
    }

    /// The value of a setting without a default, nil inside when nobody set it; nil outside when it is wrong.
    mutating func readIfSet<Value>(_ setting: Setting, _ parse: (String) throws(InvalidValue) -> Value) -> Value?? {
        guard let value = values[setting] else { return .some(nil) }
        return self.parse(value, of: setting, parse).map { .some($0) }
    }

    /// The entries of a list without a default; every wrong one is a problem of its own.
    mutating func readListIfSet<Entry>(
        _ setting: Setting, _ parse: (String) throws(InvalidValue) -> Entry
    ) -> [Entry]?? {
        guard let value = values[setting] else { return .some(nil) }
        var isWhole = true
        var entries: [Entry] = []
        for text in ListEntries(of: value.text) {
            do throws(InvalidValue) {
                guard !text.isEmpty else { throw InvalidValue("an entry is empty; leave the extra comma out") }
                entries.append(try parse(text))
            } catch {
                var invalid = error
                if !text.isEmpty { invalid.part = text }
                problems.append(SettingProblem(setting, value, invalid))
                isWhole = false
            }
        }
        return isWhole ? .some(entries) : nil
    }

    /// Adds a problem with the value of a setting, or with its absence, which is no problem while the file that may have
    /// it is unread.
    mutating func refuse(_ setting: Setting, _ reason: String, isHidden: Bool = false) {
        guard let value = values[setting] else {
            if !isFileUnread { problems.append(SettingProblem("\(setting.name): \(reason)")) }
            return
        }
        problems.append(SettingProblem(setting, value, InvalidValue(reason, isHidden: isHidden)))
    }

    /// Adds a warning about a setting.
    mutating func warn(_ setting: Setting, _ words: String) {
        warnings.append("\(values[setting]?.source.phrase(for: setting) ?? setting.name): \(words)")
    }

    /// Warns of a file with a secret that every user of the machine can read.
    mutating func warnOfReaders(_ setting: Setting, of path: String) {
        guard let mode = InputFile.permissions(of: path), mode & 0o004 != 0 else { return }
        warn(setting, "\(path) can be read by every user of this machine; chmod 600 (or 640) helps")
    }

    /// Warns of a file that decides who may call, or what is spent, and that every user of the machine can change.
    mutating func warnOfWriters(_ setting: Setting, of path: String) {
        guard let mode = InputFile.permissions(of: path), mode & 0o002 != 0 else { return }
        warn(setting, "\(path) can be written by every user of this machine; chmod o-w helps")
    }

    private mutating func parse<Value>(
        _ value: SettingValue, of setting: Setting, _ parse: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        do throws(InvalidValue) {
            return try parse(value.text)
        } catch {
            problems.append(SettingProblem(setting, value, error))
            return nil
        }
    }
}

import HTTP
import Sessions
import System
import Text

/// A wrong setting, in one line: the setting, the place where it was set, its value, what is wrong and what is right. The
/// value of a secret is never in it.
package struct SettingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole line, without `error: ` in front.
    package let description: String

    /// A problem that belongs to no single value.
    init(_ description: String) {
        self.description = description
    }

    /// A problem with a value that was set.
    init(_ setting: Setting, _ value: SettingValue, _ invalid: Invalid) {
        let place = value.source.phrase(for: setting)
        let text = invalid.part ?? value.text
        self.init(
            setting.isSecret || invalid.isHidden
                ? "\(place): \(invalid.reason)" : "\(place): \(text.shown): \(invalid.reason)")
    }
}

/// The one pass over all settings: it parses them and collects everything that is wrong.
///
/// A wrong value becomes a problem, and the reading goes on with the default, so that every problem is found in one pass.
/// Nothing that was read may be used when there are problems.
struct SettingsReader {
    /// How files are read that are not regular ones.
    let pipes: InputFile.Pipes
    /// In the order in which the settings are read; those of the `--config` file itself come first.
    private(set) var problems: [SettingProblem] = []
    /// What works and should be known.
    private(set) var warnings: [String] = []
    /// Whether there is a file of settings that could not be read: a setting that is missing may be in it.
    let isFileUnread: Bool
    private let values: SettingValues
    private var wrong: Set<Setting> = []

    /// Finds the values. Only a command line that cannot be understood ends the pass here.
    init(_ source: Settings.Source, pipes: InputFile.Pipes) throws(UsageErrors) {
        let flags = try FlagReader.values(of: source.arguments)
        let config = SettingValues(flags: flags, environment: source.environment, file: nil)[.config]
        let file = config.map { (path: $0.text, contents: SettingsFile(readingFrom: $0, pipes: pipes)) }
        self.pipes = pipes
        values = SettingValues(
            flags: flags, environment: source.environment, file: file.map { ($0.path, $0.contents.values) })
        isFileUnread = file?.contents.isUnread ?? false
        problems = file?.contents.problems ?? []
        warnings = SettingsReader.misspellings(in: source.environment)
    }

    /// Variables whose names are similar to that of a setting. Others belong to other programs, and short ones may.
    private static func misspellings(in environment: [String: String]) -> [String] {
        let names = Setting.all.map(\.name)
        return environment.keys.sorted().compactMap { name in
            guard name.utf8.count >= 8, name.contains("_"), !names.contains(name) else { return nil }
            // APP_PORT and similar variables are Kubernetes' own.
            let nearest = name.nearest(in: names, within: name.utf8.count < 12 ? 1 : 2)
            return nearest.map { "\(name.withoutControls) (environment) is not a setting; did you mean \($0)?" }
        }
    }

    /// The value as it was written, and the place; nil when nobody set it.
    subscript(setting: Setting) -> SettingValue? { values[setting] }

    /// Whether the value of one of the settings is among the problems.
    func isWrong(_ settings: Setting...) -> Bool { settings.contains { wrong.contains($0) } }

    /// The setting's name, and the place where it was set.
    func phrase(for setting: Setting) -> String { values[setting]?.source.phrase(for: setting) ?? setting.name }
}

extension SettingsReader {
    /// The value of a setting with a default.
    mutating func read<Value>(_ setting: Setting, _ parse: (String) throws(Invalid) -> Value) -> Value {
        if let value = readIfSet(setting, parse) { return value }
        guard case .value(let text) = setting.fallback, let fallback = try? parse(text) else {
            preconditionFailure("\(setting) has no default that its parser accepts")
        }
        return fallback
    }

    /// The value of a setting without a default; nil when nobody set it, or it is wrong.
    mutating func readIfSet<Value>(_ setting: Setting, _ parse: (String) throws(Invalid) -> Value) -> Value? {
        guard let value = values[setting] else { return nil }
        do throws(Invalid) { return try parse(value.text) } catch {
            refuse(setting, error)
            return nil
        }
    }

    /// The entries of a list without a default; nil when nobody set it. A wrong entry is a problem of its own and left out.
    mutating func readListIfSet<Entry>(
        _ setting: Setting, _ parse: (String) throws(Invalid) -> Entry
    ) -> [Entry]? {
        guard let value = values[setting] else { return nil }
        var entries: [Entry] = []
        for text in value.text.listEntries {
            do throws(Invalid) {
                guard !text.isEmpty else { throw Invalid("an entry is empty; remove the extra comma") }
                entries.append(try parse(text))
            } catch {
                var invalid = error
                if !text.isEmpty { invalid.part = text }
                refuse(setting, invalid)
            }
        }
        return entries
    }

    /// What is in the file that a setting names; nil when nobody set it, or it is wrong.
    /// - Parameters:
    ///   - limit: the size in bytes above which the file is refused.
    ///   - check: refuses what cannot be the path of such a file.
    mutating func readFileIfSet<Value>(
        _ setting: Setting, limit: Int, check: (String) throws(Invalid) -> Void = { _ in },
        _ parse: ([UInt8]) throws(Invalid) -> Value
    ) -> Value? {
        let pipes = pipes
        var (path, permissions) = ("", 0)
        let value = readIfSet(setting) { text throws(Invalid) -> Value in
            try check(text)
            let file = try InputFile(text, limit: limit, pipes: pipes)
            (path, permissions) = (text, file.permissions)
            return try parse(file.contents)
        }
        if value != nil {
            warnAboutOthers(setting, path, permissions, setting.file)
            warnAboutMount(setting, path)
        }
        return value
    }

    /// True or false.
    mutating func bool(_ setting: Setting) -> Bool {
        read(setting) { text throws(Invalid) in try Bool(parsingSetting: text) }
    }

    /// A whole number.
    mutating func int(_ setting: Setting, in range: ClosedRange<Int>) -> Int {
        read(setting) { text throws(Invalid) in try Int(parsingSetting: text, in: range) }
    }

    /// A duration.
    mutating func duration(_ setting: Setting, in range: ClosedRange<Duration>) -> Duration {
        read(setting) { text throws(Invalid) in try Duration(parsingSetting: text, in: range) }
    }

    /// One of a few names.
    mutating func choice<Value: CaseIterable & RawRepresentable<String>>(_ setting: Setting) -> Value {
        read(setting) { text throws(Invalid) in try Choice.parse(text, as: Value.self) }
    }
}

extension SettingsReader {
    /// Adds a problem with the value of a setting, or with its absence, which is not a problem while the file that may
    /// have it is unread.
    mutating func refuse(_ setting: Setting, _ invalid: Invalid) {
        wrong.insert(setting)
        if let value = values[setting] {
            problems.append(SettingProblem(setting, value, invalid))
        } else if !isFileUnread {
            problems.append(SettingProblem("\(setting): \(invalid.reason)"))
        }
    }

    /// Adds a problem with the whole value.
    mutating func refuse(_ setting: Setting, _ reason: String) { refuse(setting, Invalid(reason)) }

    /// Adds a warning about a setting.
    mutating func warn(_ setting: Setting, _ message: String) {
        warnings.append("\(phrase(for: setting)): \(message)")
    }

    /// Adds a warning to each of the settings that somebody wrote.
    mutating func warn(_ settings: Setting..., ifSet message: String) {
        for setting in settings where self[setting] != nil { warn(setting, message) }
    }

    /// Warns about a file with a secret that every user of the machine can read, and about a file that decides who may
    /// call, or what is spent, and that every user can write.
    mutating func warnAboutOthers(_ setting: Setting, _ path: String, _ permissions: Int?, _ file: Setting.File?) {
        switch file {
        case .secret where (permissions ?? 0) & 0o004 != 0:
            warn(setting, "\(path) can be read by every user of this machine; chmod 600 (or 640) helps")
        case .authority where (permissions ?? 0) & 0o002 != 0:
            warn(setting, "\(path) can be written by every user of this machine; chmod o-w helps")
        default: break
        }
    }

    /// Warns about a file of secrets or callers that a reload can never see replaced, because it is mounted on its own.
    mutating func warnAboutMount(_ setting: Setting, _ path: String) {
        let isReadAgain = setting.change == .reload || setting == .config
        guard isReadAgain, setting.file != .open, InputFile.isMountPoint(path) else { return }
        warn(
            setting,
            "\(path) is a mount point of its own, so a file that replaces it outside is not seen before a restart; "
                + "mount its directory instead")
    }

    /// Warns about the `--config` file if other users can read it, because this secret is in it.
    mutating func warnIfInReadableFile(_ secret: Setting) {
        guard case .file(let path)? = self[secret]?.source else { return }
        warnAboutOthers(.config, path, InputFile.permissions(of: path), .secret)
    }
}

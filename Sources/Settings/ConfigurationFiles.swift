import EphemeraldCore
import FoundationEssentials
import HTTP
package import Sessions
import System

/// Where the session files are, and how they are checked.
package struct SessionFiles: Sendable {
    /// The directory, of which only reading tells whether it exists; `SESSIONS_JSON` where there is a text.
    package let directory: String
    /// The sessions themselves, in place of a directory.
    package let text: String?
    /// `SESSIONS_DIR` or `SESSIONS_JSON`, and the place where it was set.
    package let phrase: String
    /// What the settings decide about session files.
    package let rules: SessionRules

    /// Nil when a file of settings could not be read, which may name another directory.
    init?(_ reader: SettingsReader) {
        text = reader[.sessionsJSON]?.text
        let setting: Setting = text == nil ? .sessionsDirectory : .sessionsJSON
        guard !reader.isFileUnread || reader[setting] != nil else { return nil }
        directory =
            text == nil ? reader[setting]?.text ?? Setting.sessionsDirectory.defaultText : Setting.sessionsJSON.name
        phrase = reader.phrase(for: setting)
        // Of a copy: a wrong value is reported once, and not by each session file as well.
        var reader = reader
        let host = reader.baseURL().origin.host
        let allowsSharedSuffixes = reader.bool(.allowSharedSuffixes)
        let spending = reader.spending()
        rules = SessionRules(
            // The sandbox plays OpenAI, whatever the base URL.
            owner: reader.bool(.sandbox) ? .openAI : UpstreamOwner(host: host),
            allowsSharedSuffixes: allowsSharedSuffixes || reader.isWrong(.allowSharedSuffixes),
            moneyOfDay: [spending.all, spending.caller].compactMap(\.self).min(),
            createsCalls: reader.callMaxima().all != 0)
    }
}

extension SessionFiles {
    /// Reads the sessions. It waits for the disk.
    package func load(today: Day) -> LoadedSessions {
        if let text { return SessionCatalog.load(text: text, place: directory, today: today, rules: rules) }
        return SessionCatalog.load(directory: directory, today: today, rules: rules)
    }
}

/// The files that a reload reads, as far as the settings name them at this moment.
package struct ConfigurationFiles: Sendable {
    /// The files of settings; they need not exist.
    package let paths: [String]
    /// The directory of the session files; nil when the settings hold the sessions themselves.
    package let sessionsDirectory: String?

    /// Finds them. Settings that are wrong name no file except CONFIG itself, whose correction names them again.
    package init(of source: Settings.Source) {
        let reader = try? SettingsReader(source, pipes: .refused)
        var paths = Setting.all.filter { $0.file != nil }.compactMap { reader?[$0]?.text }
            .filter { !SettingsReader.isAddress($0) }
        if let path = SettingsReader.keyCredential(source.environment) { paths.append(path) }
        self.paths = paths
        sessionsDirectory =
            reader?[.sessionsJSON] == nil
            ? reader?[.sessionsDirectory]?.text ?? Setting.sessionsDirectory.defaultText : nil
    }

    /// A file that can be read only once, such as the pipe of `<(…)` in a shell, which a reload refuses; nil when there is
    /// none.
    package var readOnce: String? {
        paths.first { InputFile.isReadOnce($0) }
    }
}

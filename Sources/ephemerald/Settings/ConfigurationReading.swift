import Sessions
import System

/// Settings and session files, judged together: a wrong setting hides no wrong file.
struct ConfigurationReading {
    /// Nil when something is wrong with them.
    private(set) var settings: Settings?
    /// Where the session files are; nil when not even that can be told.
    let directory: String?
    /// What the settings decide about session files; as far as that can be told.
    let rules: SessionRules
    /// What is to be said of all that has been read.
    private(set) var diagnoses: [Diagnosis]
    private let directoryPhrase: String

    /// Reads the settings.
    /// - Parameter socket: the address of a listening socket that is there already.
    init(_ source: FreshConfiguration.Source, for socket: ListeningAddress?) throws(UsageErrors) {
        do throws(SettingsFailure) {
            let settings = try Settings(
                arguments: source.arguments, environment: source.environment, socket: socket)
            self.settings = settings
            directory = settings.sessionsDirectory
            directoryPhrase = settings.written.phrase(for: .sessionsDirectory)
            rules = settings.sessionRules
            diagnoses = settings.warnings.map(Diagnosis.warning)
        } catch {
            if case .usage(let errors) = error { throw errors }
            // The settings by which session files are judged may be right beside those that are wrong.
            var reader = try? SettingsReader(arguments: source.arguments, environment: source.environment)
            // A file of settings that could not be read may name another directory.
            let isKnown = reader.map { !$0.isFileUnread || $0[.sessionsDirectory] != nil } ?? false
            directory = isKnown ? reader?.sessionsDirectory() : nil
            directoryPhrase = reader.map { WrittenValues($0).phrase(for: .sessionsDirectory) } ?? ""
            // A wrong value is reported once, and not by each file as well.
            rules = SessionRules(
                owner: reader?.upstreamOwner() ?? .openAI,
                allowsSharedSuffixes: reader?.allowsSharedSuffixes() ?? true)
            diagnoses = error.diagnoses
        }
    }

    /// Takes the settings for wrong after all.
    mutating func refuse(_ message: String) {
        settings = nil
        diagnoses.append(.error(message))
    }

    /// Reads the session files; nil when it cannot be told where they are.
    mutating func readSessions(today: Day) -> LoadedSessions? {
        guard let directory else { return nil }
        let loaded = SessionCatalog.load(directory: directory, today: today, rules: rules)
        diagnoses += loaded.diagnoses(in: directory, setAs: directoryPhrase)
        return loaded
    }
}

import EphemeraldCore
import FoundationEssentials

/// The files that a reload reads, as far as the settings of this moment name them.
package struct ConfigurationFiles: Sendable {
    /// The files of settings; they need not exist.
    package let paths: [String]
    /// The directory of the session files.
    package let sessionsDirectory: String

    /// Finds them. Settings that are wrong name no file, other than CONFIG itself, whose correction names them again.
    package init(of source: FreshConfiguration.Source) {
        let reader = InputFile.$pipes.withValue(.refused) {
            try? SettingsReader(arguments: source.arguments, environment: source.environment)
        }
        var paths = Setting.filesRead.compactMap { reader?[$0]?.text }.filter { !SettingsReader.isAddress($0) }
        if let credentials = source.environment["CREDENTIALS_DIRECTORY"], !credentials.isEmpty {
            paths.append(SettingsReader.keyCredential(in: credentials))
        }
        self.paths = paths
        sessionsDirectory = reader?.sessionsDirectory() ?? Setting.sessionsDirectory.row.defaultInWords
    }

    /// A file that can be read only once, such as the pipe of `<(…)` in a shell; a reload refuses it. Nil when there is
    /// none.
    package var readOnce: String? {
        paths.first { InputFile.isReadOnce($0) }
    }
}

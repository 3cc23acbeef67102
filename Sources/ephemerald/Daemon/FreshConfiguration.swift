import FoundationEssentials
package import Sessions
package import System

/// Everything that a reload reads, read and judged as a whole before any of it takes effect.
package struct FreshConfiguration: Sendable {
    /// Where it is read from: what the process was started with.
    package struct Source: Sendable {
        /// The flags, without the name of the program.
        package let arguments: [String]
        /// As it was at the start.
        package let environment: [String: String]

        /// What the process was started with, or what a test pretends.
        package init(arguments: [String], environment: [String: String]) {
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// Why none of it takes effect.
    package struct Broken: Error, Hashable, Sendable {
        /// Every problem and warning.
        package let findings: [Diagnosis]
        /// The sessions whose files are wrong.
        package let sessions: Set<String>
    }

    /// From all sources together.
    package let settings: Settings
    /// The catalogue, and what was found in its files.
    package let sessions: LoadedSessions

    /// Reads everything; waits for the disk.
    /// - Parameters:
    ///   - socket: the address of the socket in use, by which is judged who may ask.
    ///   - isSandbox: what the running process is. One that plays OpenAI never gets a real key, and the other way about.
    package static func read(
        _ source: Source, for socket: ListeningAddress, isSandbox: Bool, today: Day
    ) throws(Broken) -> FreshConfiguration {
        try InputFile.$pipes.withValue(.refused) {
            Result { () throws(Broken) in
                try gather(source, for: socket, isSandbox: isSandbox, today: today)
            }
        }.get()
    }

    private static func gather(
        _ source: Source, for socket: ListeningAddress, isSandbox: Bool, today: Day
    ) throws(Broken) -> FreshConfiguration {
        var reading: ConfigurationReading
        do throws(UsageErrors) { reading = try ConfigurationReading(source, for: socket) } catch {
            throw Broken(findings: SettingsFailure.usage(error).diagnoses, sessions: [])
        }
        if let settings = reading.settings, (settings.sandbox != nil) != isSandbox {
            reading.refuse("SANDBOX: cannot change without a restart")
        }
        let loaded = reading.readSessions(today: today)
        guard let settings = reading.settings, let loaded, !loaded.hasErrors else {
            let suffix = SessionCatalog.suffix
            let errors = loaded?.findings.filter { $0.severity == .error && $0.file.hasSuffix(suffix) } ?? []
            throw Broken(
                findings: reading.diagnoses, sessions: Set(errors.map { String($0.file.dropLast(suffix.count)) }))
        }
        return FreshConfiguration(settings: settings, sessions: loaded)
    }

    /// What can be worked with, and the operator should know of.
    package let findings: [Diagnosis]

    /// Settings and session files without errors.
    package init(settings: Settings, sessions: LoadedSessions) {
        self.settings = settings
        self.sessions = sessions
        findings =
            settings.warnings.map(Diagnosis.warning)
            + sessions.diagnoses(
                in: settings.sessionsDirectory, setAs: settings.written.phrase(for: .sessionsDirectory))
    }
}

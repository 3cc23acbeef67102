import FoundationEssentials
package import MicroHTTPD
package import Sessions

/// Everything that SIGHUP reads anew, read and judged as a whole before any of it takes effect.
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
        /// Every problem and warning, one a line.
        package let lines: [String]
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
        let (arguments, environment) = (source.arguments, source.environment)
        var lines: [String] = []
        var settings: Settings?
        var directory: String?
        do throws(SettingsFailure) {
            let read = try Settings(arguments: arguments, environment: environment, socket: socket)
            lines = read.warnings.map { "warning: \($0)" }
            directory = read.sessionsDirectory
            if (read.sandbox != nil) == isSandbox {
                settings = read
            } else {
                lines.append("error: SANDBOX: cannot change without a restart")
            }
        } catch {
            switch error {
            case .usage(let errors): lines = errors.messages.map { "error: \($0)" }
            case .invalid(let problems, let warnings):
                lines = warnings.map { "warning: \($0)" } + problems.map { "error: \($0)" }
            }
            directory = try? Settings.sessionsDirectory(arguments: arguments, environment: environment)
        }
        guard let directory else { throw Broken(lines: lines, sessions: []) }
        let loaded = SessionCatalog.load(directory: directory, today: today)
        lines += loaded.findings.map { Check.line(for: $0, in: directory) }
        guard let settings, !loaded.hasErrors else {
            let files = loaded.findings.filter { $0.severity == .error && $0.file.hasSuffix(".json") }.map(\.file)
            throw Broken(lines: lines, sessions: Set(files.map { String($0.dropLast(".json".count)) }))
        }
        return FreshConfiguration(settings: settings, sessions: loaded, findings: lines)
    }

    /// What can be worked with, and the operator should know of; one line each.
    package let findings: [String]

    /// What the process was started with.
    package init(settings: Settings, sessions: LoadedSessions) {
        self.init(settings: settings, sessions: sessions, findings: [])
    }

    private init(settings: Settings, sessions: LoadedSessions, findings: [String]) {
        self.settings = settings
        self.sessions = sessions
        self.findings = findings
    }
}

package import Sessions
package import Settings
package import System

/// Settings and session files without errors.
package struct Configuration: Sendable {
    /// The settings from all sources together.
    package let settings: Settings
    /// The catalogue, and what was found in its files.
    package let sessions: LoadedSessions
    /// What works and the operator should know.
    package let findings: [Diagnosis]

    /// Settings and session files that were read without errors.
    package init(settings: Settings, sessions: LoadedSessions, findings: [Diagnosis] = []) {
        self.settings = settings
        self.sessions = sessions
        self.findings = findings
    }

    /// Why a configuration cannot take effect.
    package struct Broken: Error, Hashable, Sendable {
        /// Every problem and warning.
        package let findings: [Diagnosis]
        /// The sessions whose files are wrong.
        package let sessions: Set<String>
    }

    /// What is known about a configuration after reading it, even if something in it is wrong.
    package struct Reading: Sendable {
        /// Nil when one of them is wrong.
        package let settings: Settings?
        /// Nil when the settings do not tell where the files are.
        package let sessions: LoadedSessions?
        /// Every problem and warning.
        package let findings: [Diagnosis]

        /// The configuration, if nothing is wrong with it.
        package func whole() throws(Broken) -> Configuration {
            guard let settings, let sessions, !sessions.hasErrors else {
                let suffix = SessionCatalog.suffix
                let errors = sessions?.findings.filter { $0.severity == .error && $0.file.hasSuffix(suffix) } ?? []
                throw Broken(
                    findings: findings, sessions: Set(errors.map { String($0.file.dropLast(suffix.count)) }))
            }
            return Configuration(settings: settings, sessions: sessions, findings: findings)
        }
    }

    /// Reads settings and session files, each file once; a wrong setting hides no wrong session file. It waits for the disk.
    /// - Parameters:
    ///   - socket: the address of a listening socket that exists already. Its reach decides which settings are required.
    ///   - pipes: how files are read that are not regular ones.
    ///   - today: the day on which models and features that end are judged.
    ///   - prepare: called before the session files are read, if it is known where they are.
    package static func read(
        _ source: Settings.Source, for socket: ListeningAddress? = nil, pipes: InputFile.Pipes, today: Day,
        prepare: (SessionFiles) -> Void = { _ in }
    ) throws(UsageErrors) -> Reading {
        var settings: Settings?
        let files: SessionFiles?
        var findings: [Diagnosis]
        do throws(SettingsFailure) {
            let read = try Settings(source, socket: socket, pipes: pipes)
            settings = read
            files = read.sessionFiles
            findings = read.warnings.map(Diagnosis.warning)
        } catch {
            switch error {
            case .usage(let errors): throw errors
            case .invalid(_, _, let sessionFiles): files = sessionFiles
            }
            findings = error.diagnoses
        }
        guard let files else { return Reading(settings: nil, sessions: nil, findings: findings) }
        prepare(files)
        let sessions = files.load(today: today)
        findings += sessions.diagnoses(in: files)
        return Reading(settings: settings, sessions: sessions, findings: findings)
    }

    /// Reads the configuration for a daemon that runs. Pipes are refused: a start has read them.
    /// - Parameters:
    ///   - socket: the address of the socket in use.
    ///   - isSandbox: whether the running process is a sandbox, which cannot change: a sandbox never gets a real key.
    package static func reload(
        _ source: Settings.Source, for socket: ListeningAddress, isSandbox: Bool, today: Day
    ) throws(Broken) -> Configuration {
        let reading: Reading
        do throws(UsageErrors) {
            reading = try read(source, for: socket, pipes: .refused, today: today)
        } catch {
            throw Broken(findings: SettingsFailure.usage(error).diagnoses, sessions: [])
        }
        guard let settings = reading.settings, (settings.sandbox != nil) != isSandbox else {
            return try reading.whole()
        }
        return try Reading(
            settings: nil, sessions: reading.sessions,
            findings: reading.findings + [.error("SANDBOX: cannot change without a restart")]
        ).whole()
    }
}

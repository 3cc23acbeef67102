import FoundationEssentials
package import Sessions
package import System
import Text

/// What `ephemerald check` found: everything that `serve` would refuse or warn of at its start, and what `--fix` changed.
package struct Check: Sendable {
    /// For standard error.
    package private(set) var findings: [Diagnosis] = []
    /// What was rewritten, and the summary; for standard output.
    package private(set) var output: [String] = []
    /// Success, or a wrong configuration.
    package private(set) var outcome = Outcome.success

    /// Judges settings and session files together: a wrong setting hides no wrong file.
    /// - Parameters:
    ///   - arguments: the flags of settings.
    ///   - environment: the variables of the process.
    ///   - fixes: whether session files that need it are rewritten.
    ///   - socket: the address of a listening socket that is there already.
    ///   - today: the day by which models and features that end are judged.
    package init(
        arguments: [String], environment: [String: String], fixes: Bool, socket: ListeningAddress? = nil, today: Day
    ) throws(UsageErrors) {
        let source = FreshConfiguration.Source(arguments: arguments, environment: environment)
        var reading = try ConfigurationReading(source, for: socket)
        if fixes, let directory = reading.directory { fix(directory, today: today, rules: reading.rules) }
        let loaded = reading.readSessions(today: today)
        findings += reading.diagnoses
        if case .file(let path)? = reading.settings?.output.usageLog, let reason = UsageLogFile.obstacle(at: path) {
            findings.append(.error("USAGE_LOG: \(path.shown): \(reason)"))
            outcome = .configuration
        }
        guard let settings = reading.settings, let loaded, !loaded.hasErrors else {
            outcome = .configuration
            return
        }
        guard outcome == .success else { return }
        let names = loaded.catalog.sessions.map(\.name).joined(separator: ", ")
        output.append("ok: settings for \(settings.listening.address), sessions \(names)")
    }

    private mutating func fix(_ directory: String, today: Day, rules: SessionRules) {
        let before = SessionCatalog.load(directory: directory, today: today, rules: rules).findings
        for file in Set(before.map(\.file)).sorted() where file.hasSuffix(SessionCatalog.suffix) {
            do throws(InvalidValue) {
                guard try SessionFileFix.rewrite("\(directory)/\(file)") else { continue }
            } catch {
                findings.append(.error("\(directory)/\(file.withoutControls): \(error.reason)"))
                outcome = .configuration
                continue
            }
            let after = SessionCatalog.load(directory: directory, today: today, rules: rules).findings
            let errors = after.count { $0.file == file && $0.severity == .error }
            let path = "\(directory)/\(file.withoutControls)"
            output.append(
                errors == 0
                    ? "fixed: \(path)"
                    : "fixed in part: \(path) still has \(errors) error\(errors == 1 ? "" : "s")")
            let repaired = before.filter { $0.file == file && !after.contains($0) }
            let setting = Setting.sessionsDirectory.name
            output += repaired.map { "  was: \(Diagnosis($0, in: directory, setAs: setting).message)" }
        }
    }
}

import FoundationEssentials
package import MicroHTTPD
package import Sessions

/// What `ephemerald check` found: everything that `serve` would refuse or warn of at its start, and what `--fix` changed.
package struct Check: Sendable {
    /// One line a finding, for standard error.
    package private(set) var findings: [String] = []
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
        var directory: String?
        var place = ""
        do throws(SettingsFailure) {
            let settings = try Settings(arguments: arguments, environment: environment, socket: socket)
            findings = settings.warnings.map { "warning: \($0)" }
            directory = settings.sessionsDirectory
            place = "\(settings.listening.address)"
        } catch {
            switch error {
            case .usage(let errors): throw errors
            case .invalid(let problems, let warnings):
                findings = warnings.map { "warning: \($0)" } + problems.map { "error: \($0)" }
                outcome = .configuration
                directory = try? Settings.sessionsDirectory(arguments: arguments, environment: environment)
            }
        }
        guard let directory else { return }
        if fixes { fix(directory, today: today) }
        let loaded = SessionCatalog.load(directory: directory, today: today)
        findings += loaded.findings.map { Check.line(for: $0, in: directory) }
        if loaded.hasErrors { outcome = .configuration }
        guard outcome == .success else { return }
        let names = loaded.catalog.sessions.map(\.name).joined(separator: ", ")
        output.append("ok: settings for \(place), sessions \(names)")
    }

    private mutating func fix(_ directory: String, today: Day) {
        let before = SessionCatalog.load(directory: directory, today: today).findings
        for file in Set(before.map(\.file)).sorted() where file.hasSuffix(".json") {
            do throws(InvalidValue) {
                guard try SessionFileFix.rewrite("\(directory)/\(file)") else { continue }
            } catch {
                findings.append("error: \(directory)/\(file.withoutControls): \(error.reason)")
                outcome = .configuration
                continue
            }
            let after = Set(SessionCatalog.load(directory: directory, today: today).findings)
            output.append("fixed: \(directory)/\(file.withoutControls)")
            output += before.filter { $0.file == file && !after.contains($0) }.map { "  was: \($0)" }
        }
    }

    static func line(for finding: Finding, in directory: String) -> String {
        let place = finding.file == directory ? "SESSIONS_DIR: " : "\(directory)/"
        return "\(finding.severity.rawValue): \(place)\(finding)"
    }
}

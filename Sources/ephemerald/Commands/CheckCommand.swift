package import ArgumentParser
import JSON
package import Sessions
package import Settings
import System
import Text

/// `ephemerald check`: checks settings and session files without starting anything.
package struct CheckCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report every problem in the settings and the session files.",
        usage: "ephemerald check [--fix] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Flag(help: "Rewrite session files in the legacy shape, and session files pasted in another form, as JSON.")
    var fix = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Prints findings to standard error, and rewritten files and a summary to standard output.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let check: Check
        do throws(UsageErrors) {
            check = try Check(arguments.source, fixes: fix, today: .today)
        } catch {
            throw SettingsArguments.report(.usage(error))
        }
        StandardError.print(check.findings)
        for line in check.output { print(line) }
        try check.outcome.exit()
    }
}

/// The result of `ephemerald check`: everything that `serve` would refuse or warn about at its start, and the changes that
/// `--fix` made.
package struct Check: Sendable {
    /// For standard error.
    package private(set) var findings: [Diagnosis] = []
    /// Rewritten files and the summary, for standard output.
    package private(set) var output: [String] = []
    /// Success, or a wrong configuration.
    package private(set) var outcome = Outcome.success

    /// Checks settings and session files together.
    /// - Parameters:
    ///   - fixes: whether session files that need it are rewritten.
    ///   - today: the day on which models and features that end are judged.
    package init(_ source: Settings.Source, fixes: Bool, today: Day) throws(UsageErrors) {
        let reading = try Configuration.read(source, pipes: .patient, today: today) { files in
            if fixes { fix(files, today: today) }
        }
        findings += reading.findings
        if case .file(let path)? = reading.settings?.output.usageLog, let reason = UsageLogFile.obstacle(at: path) {
            findings.append(.error("USAGE_LOG: \(path.shown): \(reason)"))
            outcome = .configuration
        }
        guard let settings = reading.settings, let sessions = reading.sessions, !sessions.hasErrors else {
            outcome = .configuration
            return
        }
        guard outcome == .success else { return }
        let names = sessions.catalog.sessions.map(\.name).joined(separator: ", ")
        output.append("ok: settings for \(settings.listening.address), sessions \(names)")
    }

    private mutating func fix(_ files: SessionFiles, today: Day) {
        guard files.text == nil else { return }
        let directory = files.directory
        let load = { files.load(today: today).findings }
        let before = load()
        for file in Set(before.map(\.file)).sorted() where file.hasSuffix(SessionCatalog.suffix) {
            let path = "\(directory)/\(file.withoutControls)"
            do throws(Invalid) {
                guard try SessionFileFix.rewrite("\(directory)/\(file)") else { continue }
            } catch {
                findings.append(.error("\(path): \(error.reason)"))
                outcome = .configuration
                continue
            }
            let after = load()
            let errors = after.count { $0.file == file && $0.severity == .error }
            output.append(
                errors == 0
                    ? "fixed: \(path)"
                    : "fixed in part: \(path) still has \(errors) error\(errors == 1 ? "" : "s")")
            let repaired = before.filter { $0.file == file && !after.contains($0) }
            output += repaired.map { "  was: \(Diagnosis($0, in: files).message)" }
        }
    }
}

package import ArgumentParser
import FoundationEssentials
import JSON
import Sessions

/// `ephemerald check`: judges settings and session files without starting anything.
package struct CheckCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report every problem of the settings and the session files.",
        usage: "ephemerald check [--fix] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Flag(help: "Rewrite session files of the legacy shape, and what was pasted in another form, as JSON.")
    var fix = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints findings to standard error, what was rewritten and a summary to standard output.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        let check: Check
        do throws(UsageErrors) {
            check = try Check(
                arguments: arguments.tokens, environment: ProcessInfo.processInfo.environment, fixes: fix,
                today: .today)
        } catch {
            throw SettingsArguments.report(.usage(error))
        }
        StandardError.print(check.findings)
        for line in check.output { print(line) }
        try check.outcome.exit()
    }
}

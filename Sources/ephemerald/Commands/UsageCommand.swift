package import ArgumentParser
import EphemeraldCore
import FoundationEssentials
import JSON
import Sessions
import Settings
import System
import Text

/// `ephemerald usage`: who was given how many tokens and calls, and how long the calls lasted.
package struct UsageCommand: ParsableCommand {
    /// Its name, and its text in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Count tokens, calls, refusals and failures in the usage log.",
        usage: "ephemerald usage [--by GROUP] [--since DURATION] [--json] [--log FILE]",
        discussion: "Refused counts requests that the daemon refused, failed those for which OpenAI gave no token. "
            + "By caller and session, minutes and spent sum up the calls that ended. Rotated files are read too, "
            + "compressed ones included.")

    @Option(help: ArgumentHelp("A row for each caller, origin, session, client or outcome.", valueName: "group"))
    var by = UsageTable.Group.session.rawValue

    @Option(help: ArgumentHelp("How far to look back: 30min, 24h, 7d.", valueName: "duration"))
    var since = "24h"

    @Flag(help: "One JSON object a row.")
    var json = false

    @OptionGroup var log: LogArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints the table to standard output, and what could not be counted to standard error.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        let group = try UsageCommand.value("--by") { () throws(Invalid) in
            try Choice.parse(by, as: UsageTable.Group.self)
        }
        let back = try UsageCommand.value("--since") { () throws(Invalid) in
            try Duration(parsingSetting: since, in: .seconds(1) ... .seconds(87_600 * 3_600), takesDays: true)
        }
        let start = Int(Date.now.timeIntervalSince1970) - Int(back.components.seconds)
        let (first, firstDay) = (Timestamp.rfc3339(Int64(start) * 1_000), Day(unixSeconds: start))
        var table = UsageTable(by: group)
        var foreign = 0
        // A day more, for a clock that was set back.
        let files = try log.files(since: start - 86_400)
        var warnings: [String] = []
        do throws(SystemError) {
            warnings = try files.read { line in
                if let day = UsageRecord.day(of: line), day < firstDay { return }
                if let record = UsageRecord(Array(line)) {
                    if record.timestamp >= first { table.add(record) }
                } else if let end = EndedCall(Array(line)) {
                    if end.timestamp >= first { table.add(end) }
                } else if !line.isEmpty, !EndedCall.isOnlyBegun(Array(line)) {
                    foreign += 1
                }
            }
        } catch {
            throw LogArguments.failure("the usage log", error)
        }
        if foreign > 0 { warnings.append("lines that are not usage lines and were not counted: \(foreign)") }
        StandardError.print(warnings.map { "warning: \($0)" })
        for line in json ? table.json : table.lines { print(line) }
    }

    private static func value<Value>(_ flag: String, _ parse: () throws(Invalid) -> Value) throws -> Value {
        do throws(Invalid) { return try parse() } catch { throw ValidationError("\(flag): \(error.reason)") }
    }
}

/// Which usage log a command reads.
struct LogArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The usage log, with its rotated files; else that of USAGE_LOG.", valueName: "file"))
    var log: String?

    @Option(help: ArgumentHelp("A JSON file with settings, for its usage-log.", valueName: "file"))
    var config: String?

    /// Its files, the oldest first. Problems end the program.
    func files(since: Int = .min) throws -> LogFiles {
        let path = try path()
        do throws(SystemError) {
            let files = try LogFiles(of: path, since: since)
            guard !files.paths.isEmpty else { throw SystemError("open", code: 2) }
            return files
        } catch {
            throw LogArguments.failure(path, error)
        }
    }

    /// Prints why the log cannot be read, and gives the error that ends the program with the right status.
    static func failure(_ path: String, _ error: SystemError) -> any Error {
        StandardError.print(["error: \(path): \(error)"])
        return ExitCode(Outcome.unavailable.rawValue)
    }

    private func path() throws -> String {
        if let log { return log }
        let target: UsageLogTarget
        do throws(SettingsFailure) {
            target = try Settings.usageLog(
                Settings.Source(
                    arguments: config.map { ["--config", $0] } ?? [],
                    environment: ProcessInfo.processInfo.environment))
        } catch {
            throw SettingsArguments.report(error)
        }
        guard case .file(let path) = target else {
            throw ValidationError("USAGE_LOG is standard output, which cannot be read; name the file with --log FILE")
        }
        return path
    }
}

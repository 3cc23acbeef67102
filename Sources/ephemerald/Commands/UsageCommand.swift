package import ArgumentParser
import EphemeraldCore
import EventLoop
import FoundationEssentials
import JSON
import Sessions
import Settings
import System

/// `ephemerald usage`: who was given how many tokens.
package struct UsageCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Count tokens, refusals and failures in the usage log.",
        usage: "ephemerald usage [--by GROUP] [--since DURATION] [--json] [--log FILE]",
        discussion: "Refused is what this service refused, failed what OpenAI did not answer with a token. Rotated "
            + "files are read too, compressed ones included.")

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
        let group = try UsageCommand.value("--by") { () throws(InvalidValue) in
            try Choice.parse(by, as: UsageTable.Group.self)
        }
        let back = try UsageCommand.value("--since") { () throws(InvalidValue) in
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
                guard let record = UsageRecord(Array(line)) else {
                    foreign += line.isEmpty ? 0 : 1
                    return
                }
                if record.timestamp >= first { table.add(record) }
            }
        } catch {
            throw LogArguments.failure("the usage log", error)
        }
        if foreign > 0 { warnings.append("lines that are no usage lines, and not counted: \(foreign)") }
        StandardError.print(warnings.map { "warning: \($0)" })
        for line in json ? table.json : table.lines { print(line) }
    }

    private static func value<Value>(_ flag: String, _ parse: () throws(InvalidValue) -> Value) throws -> Value {
        do throws(InvalidValue) { return try parse() } catch { throw ValidationError("\(flag): \(error.reason)") }
    }
}

package import ArgumentParser
import EphemeraldCore
import Sessions
import Settings
import System
import Text

/// `ephemerald usage`: who was given how many tokens and calls, and how long the calls lasted.
package struct UsageCommand: ParsableCommand {
    /// Its name, and its text in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Count tokens, calls, refusals and failures in the usage log.",
        usage: "ephemerald usage [--by GROUP] [--since TIME] [--until TIME] [--json] [--log FILE]",
        discussion: "Refused counts requests that the daemon refused, failed those for which OpenAI gave no token. "
            + "By caller and session, minutes and spent sum up the calls that ended. Without --since and --until the last "
            + "24 hours are counted. Rotated files are read too, compressed ones included; --log - reads lines from standard "
            + "input.")

    @Option(help: ArgumentHelp("A row for each caller, origin, session, client or outcome.", valueName: "group"))
    var by = UsageTable.Group.session.rawValue

    @Flag(help: "One JSON object a row.")
    var json = false

    @OptionGroup var log: LogArguments
    @OptionGroup var times: LogTimes

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints the table to standard output, and what could not be counted to standard error.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        let group = try UsageCommand.value("--by") { () throws(Invalid) in
            try Choice.parse(by, as: UsageTable.Group.self)
        }
        let range = try times.range(since: "24h")
        let input = try log.input(in: range)
        var table = UsageTable(by: group)
        var foreign = 0
        var warnings = try input.read { line in
            if let day = UsageRecord.day(of: line), range.excludes(day) { return }
            if let record = UsageRecord(Array(line)) {
                if range.contains(record.timestamp) { table.add(record) }
            } else if let end = EndedCall(Array(line)) {
                if range.contains(end.timestamp) { table.add(end) }
            } else if let refusals = UnloggedRefusals(Array(line)) {
                if range.contains(refusals.timestamp) { table.add(unlogged: refusals.count) }
            } else if !line.isEmpty, !EndedCall.isOnlyBegun(Array(line)) {
                foreign += 1
            }
        }
        if case .standardInput = input { foreign = 0 }
        if foreign > 0 { warnings.append("lines that are not usage lines and were not counted: \(foreign)") }
        StandardError.print(warnings.map { "warning: \($0)" })
        for line in json ? table.json : table.lines { print(line) }
    }

    private static func value<Value>(_ flag: String, _ parse: () throws(Invalid) -> Value) throws -> Value {
        do throws(Invalid) { return try parse() } catch { throw ValidationError("\(flag): \(error.reason)") }
    }
}

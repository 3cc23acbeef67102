package import ArgumentParser
import EphemeraldCore
import Text

/// `ephemerald lookup`: who was given this secret, and every line of the usage log about an id, a call, a caller, an
/// address or an origin.
package struct LookupCommand: ParsableCommand {
    /// Its name, and its text in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Find in the usage log who got a token or a call, when, from where and for what.",
        usage: "ephemerald lookup VALUE [--since TIME] [--until TIME] [--log FILE]",
        discussion:
            "VALUE is a client secret (ek_...) or its SHA-256, a session (sess_...), a request id, a call (its address, "
            + "its id, ephemerald.call.id, or OpenAI's rtc_... or live_...), a caller, a client address, a network "
            + "(192.0.2.0/24) or an origin; - reads it from standard input, so that it does not appear in the process "
            + "list. "
            + "Exits with 1 when nothing was found. Rotated files are read too, compressed ones included; --log - reads "
            + "lines from standard input.")

    @Argument(help: ArgumentHelp("What to look for, or - for a line of standard input.", valueName: "value"))
    var value: String

    @OptionGroup var log: LogArguments
    @OptionGroup var times: LogTimes

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints what was found to standard output, from the oldest file to the newest.
    /// - Throws: the exit status, where it is not 0; 1 when nothing was found.
    package func run() throws {
        guard value != "-" || log.log != "-" else {
            throw ValidationError("standard input cannot have both the value and the log")
        }
        let identifiers = try log.identifiers()
        let value = value == "-" ? readLine() ?? "" : value
        let lookup: Lookup
        do throws(Invalid) { lookup = try Lookup(value, hashedBy: identifiers) } catch {
            throw ValidationError(error.reason)
        }
        LogArguments.warnAboutMistake(in: value)
        let range = try times.range()
        let input = try log.input(in: range)
        var found = 0
        var calls: Set<String> = []
        let warnings = try input.read { line in
            if let day = UsageRecord.day(of: line), range.excludes(day) { return }
            let texts: [String]
            if let record = lookup.match(line) {
                if let call = record.call { calls.insert(call) }
                guard range.contains(record.timestamp) else { return }
                texts = Lookup.lines(of: record)
            } else if let end = lookup.matchEnd(line, of: calls) {
                guard range.contains(end.timestamp) else { return }
                texts = Lookup.lines(of: end)
            } else {
                return
            }
            found += 1
            print(texts.joined(separator: "\n"))
        }
        StandardError.print(warnings.map { "warning: \($0)" })
        if found == 0 {
            StandardError.print(["nothing was found in \(input.name)"])
            try Outcome.negative.exit()
        }
    }
}

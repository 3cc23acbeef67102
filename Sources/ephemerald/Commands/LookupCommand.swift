package import ArgumentParser
import EphemeraldCore
import System
import Text

/// `ephemerald lookup`: who was given this secret, and every line of the usage log about an id, a call, a caller, an
/// address or an origin.
package struct LookupCommand: ParsableCommand {
    /// Its name, and its text in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Find in the usage log who got a token or a call, when, from where and for what.",
        usage: "ephemerald lookup VALUE [--log FILE]",
        discussion:
            "VALUE is a client secret (ek_...) or its SHA-256, a session (sess_...), a request id, a call (its id, "
            + "ephemerald.call.id, or OpenAI's rtc_... or live_...), a caller, a client address or an origin; - reads "
            + "it from standard input, so that it does not appear in the process list. "
            + "Exits with 1 when nothing was found. Rotated files are read too, compressed ones included.")

    @Argument(help: ArgumentHelp("What to look for, or - for a line of standard input.", valueName: "value"))
    var value: String

    @OptionGroup var log: LogArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints what was found to standard output, from the oldest file to the newest.
    /// - Throws: the exit status, where it is not 0; 1 when nothing was found.
    package func run() throws {
        let lookup: Lookup
        do throws(Invalid) { lookup = try Lookup(value == "-" ? readLine() ?? "" : value) } catch {
            throw ValidationError(error.reason)
        }
        let files = try log.files()
        var found = 0
        var calls: Set<String> = []
        var warnings: [String] = []
        do throws(SystemError) {
            warnings = try files.read { line in
                let texts: [String]
                if let record = lookup.match(line) {
                    if let call = record.call { calls.insert(call) }
                    texts = Lookup.lines(of: record)
                } else if let end = lookup.matchEnd(line, of: calls) {
                    texts = Lookup.lines(of: end)
                } else {
                    return
                }
                found += 1
                for text in texts { print(text) }
            }
        } catch {
            throw LogArguments.failure("the usage log", error)
        }
        StandardError.print(warnings.map { "warning: \($0)" })
        if found == 0 {
            let count = files.paths.count
            StandardError.print(["nothing was found in \(count == 1 ? "one file" : "\(count) files")"])
            try Outcome.negative.exit()
        }
    }
}

package import ArgumentParser
import EphemeraldCore
import System
import Text

/// `ephemerald forget`: takes a caller or a client address out of the usage log.
package struct ForgetCommand: ParsableCommand {
    /// Its name, and its text in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Take a caller or an address out of the usage log.",
        usage: "ephemerald forget VALUE [--log FILE]",
        discussion:
            "VALUE is a caller or a client address; - reads it from standard input. In the lines of a caller their name "
            + "is blanked, and with it address, user agent and trace; in those of an address the latter three. The lines "
            + "stay, so that counts stay right. The daemon may run. Rotated files are changed too, compressed ones "
            + "included. Exits with 1 when nothing was found. A restart on the same day counts the caller's quotas from "
            + "zero.")

    @Argument(help: ArgumentHelp("Whom to forget, or - for a line of standard input.", valueName: "value"))
    var value: String

    @OptionGroup var log: LogArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Prints the changed files to standard output.
    /// - Throws: the exit status, where it is not 0; 1 when nothing was found.
    package func run() throws {
        let identifiers = try log.identifiers()
        let value = value == "-" ? readLine() ?? "" : value
        let forgetting: Forgetting
        do throws(Invalid) { forgetting = try Forgetting(value, hashedBy: identifiers) } catch {
            throw ValidationError(error.reason)
        }
        LogArguments.warnAboutMistake(in: value)
        let path = try log.path()
        guard path != "-" else {
            throw ValidationError("standard input cannot be changed; name a file with --log FILE")
        }
        let forgotten: Forgotten
        do throws(SystemError) { forgotten = try Forgotten(forgetting, in: path) } catch {
            throw LogArguments.failure("the usage log", error)
        }
        for (file, count) in forgotten.files.sorted(by: { $0.key < $1.key }) {
            print("\(file): \(count) \(count == 1 ? "line" : "lines") changed")
        }
        StandardError.print(forgotten.warnings.map { "warning: \($0)" })
        guard !forgotten.files.isEmpty else {
            StandardError.print(["nothing was found"])
            return try Outcome.negative.exit()
        }
    }
}

package import ArgumentParser
import EphemeraldCore
import Glibc
import Text

/// `ephemerald key`: makes a key for a caller. The key is shown this once, and stands in no file.
package struct KeyCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make a key for a caller, for AUTH=bearer.",
        usage: "ephemerald key [--name NAME] [--append FILE]",
        discussion: "The key goes to standard output; its line for AUTH_KEYS_FILE to the file of --append, else to "
            + "standard error. The daemon reads the file at its start and when it changes.")

    @Option(help: ArgumentHelp("Who will show the key: 1 to 64 of A-Z a-z 0-9 . _ -", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Add its line to this file, unless the file would be refused then", valueName: "file"))
    var append: String?

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Called before `run()`.
    /// - Throws: when the name could not stand in `AUTH_KEYS_FILE`; exit status 64.
    package func validate() throws {
        if let name, !Caller.isKeyName(name) {
            throw ValidationError("--name: write 1 to 64 of A-Z a-z 0-9 . _ -")
        }
    }

    /// Prints the key to standard output, and its line to standard error, or adds it to the file of `--append`.
    /// - Throws: exit status 78 when the file does not take the line; the key then opens nothing.
    package func run() throws {
        let key = BearerKey()
        // Without a name it gets one that no other key has.
        let name = name ?? "key-\(key.digest.prefix(8))"
        if let append { return try add(key, of: name, to: append) }
        // As a comment, so that standard error can be appended to the file as it is.
        StandardError.print([
            "# the key of \(name) is on standard output, and nowhere else; this line is for AUTH_KEYS_FILE:",
            "\(name):\(key.digest)",
        ])
        print(key.key.reveal())
    }

    /// The key is shown before its line is written: a line for a key that nobody has seen would let nobody in.
    private func add(_ key: BearerKey, of name: String, to path: String) throws {
        do throws(InvalidValue) {
            let file = try CallersFile(path, adding: name, digest: key.digest)
            let shown = Array("\(key.key.reveal())\n".utf8)
            guard unsafe write(STDOUT_FILENO, shown, shown.count) == shown.count else {
                throw InvalidValue("nothing is added: the key cannot be written to standard output")
            }
            try file.append()
        } catch {
            StandardError.print(["error: \(path.shown): \(error.reason)"])
            throw ExitCode(Outcome.configuration.rawValue)
        }
        StandardError.print(["the key of \(name) is on standard output, and nowhere else"])
    }
}

package import ArgumentParser
import EphemeraldCore
import Glibc
import Settings
import System
import Text

/// `ephemerald key`: makes a key for a caller. The key is shown once, and is in no file.
package struct KeyCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make a key for a caller, for AUTH=bearer.",
        usage: "ephemerald key [--name NAME] [--append FILE]",
        discussion: "The key goes to standard output. Its line for AUTH_KEYS_FILE goes to the file of --append, or "
            + "to standard error. The daemon reads the file at its start and when it changes.")

    @Option(help: ArgumentHelp("The caller that the key is for: 1 to 64 of A-Z a-z 0-9 . _ -", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Add its line to this file, unless the daemon would refuse the file", valueName: "file"))
    var append: String?

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Called before `run()`.
    /// - Throws: when the name is not allowed in `AUTH_KEYS_FILE`; exit status 64.
    package func validate() throws {
        if let name, !Caller.isKeyName(name) {
            throw ValidationError("--name: write 1 to 64 of A-Z a-z 0-9 . _ -")
        }
    }

    /// Prints the key to standard output, and its line to standard error, or adds it to the file of `--append`.
    /// - Throws: exit status 78 when the line cannot be added; the key is then of no use.
    package func run() throws {
        let key = BearerKey()
        // The default is a name that no other key has.
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
        do throws(Invalid) {
            let file = try CallersFile(path, adding: name, digest: key.digest)
            let shown = Array("\(key.key.reveal())\n".utf8)
            guard unsafe write(STDOUT_FILENO, shown, shown.count) == shown.count else {
                throw Invalid("nothing is added: the key cannot be written to standard output")
            }
            try file.append()
        } catch {
            StandardError.print(["error: \(path.shown): \(error.reason)"])
            throw ExitCode(Outcome.configuration.rawValue)
        }
        StandardError.print(["the key of \(name) is on standard output, and nowhere else"])
    }
}

/// The file of `AUTH_KEYS_FILE` with a line that `ephemerald key --append` is about to add. The file is locked meanwhile.
private struct CallersFile: ~Copyable {
    private let file: Descriptor
    private let size: Int
    private let line: [UInt8]

    /// Opens the file. If there is none, it is created, and only this user may read it.
    /// - Throws: when the daemon would refuse the file with this line, or refuses it already. Nothing is changed then.
    init(_ path: String, adding name: String, digest: String) throws(Invalid) {
        let number = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
        guard number >= 0 else { throw CallersFile.failure() }
        let opened = Descriptor(owning: number)
        var status = stat()
        guard unsafe fstat(number, &status) == 0, flock(number, LOCK_EX) == 0 else { throw CallersFile.failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Invalid("this is not a regular file") }
        let before = try InputFile.contents(of: path, limit: BearerKeyLines.largestFile)
        let lineEnd = before.isEmpty || before.last == UInt8(ascii: "\n") ? "" : "\n"
        let added = Array("\(lineEnd)\(name):\(digest)\n".utf8)
        guard before.count + added.count <= BearerKeyLines.largestFile else {
            throw Invalid("the file would have more than \(BearerKeyLines.largestFile) bytes")
        }
        _ = try BearerKeyLines.parse(before + added)
        file = opened
        size = before.count
        line = added
    }

    /// Adds the whole line or nothing.
    func append() throws(Invalid) {
        let count = unsafe write(file.number, line, line.count)
        guard count != line.count else { return }
        let failure = CallersFile.failure(count < 0 ? errno : ENOSPC)
        guard count > 0, ftruncate(file.number, off_t(size)) != 0 else { throw failure }
        throw Invalid("\(failure.reason); a part of it is at the end of the file")
    }

    private static func failure(_ code: CInt = errno) -> Invalid {
        Invalid("the line cannot be written: \(unsafe String(cString: strerror(code)))")
    }
}

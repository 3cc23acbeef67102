import EventLoop
import Glibc
import Settings
import Synchronization
import System
import Text

/// The usage log: standard output, or a file that SIGHUP opens anew once it has been moved away.
///
/// A line is one `write` on a descriptor that appends, so that lines of several loops do not mix. When a full disk cuts
/// a line short, the next one starts on a line of its own.
final class UsageLogFile: Sendable {
    /// Nil for standard output.
    private let path: String?
    private let descriptor: Descriptor
    private let endsInsideLine = Atomic(false)
    /// Whether it is a file, to which writing does not wait for a reader. A pipe may take its place, and the other way.
    private let isRegular = Atomic(false)

    init(_ target: UsageLogTarget) throws(SystemError) {
        switch target {
        case .standardOutput:
            path = nil
            descriptor = Descriptor(owning: try check("dup", fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)))
        case .file(let path):
            self.path = path
            descriptor = try UsageLogFile.open(path)
            endsInsideLine.store(UsageLogFile.endsInsideLine(path), ordering: .relaxed)
        }
        isRegular.store(UsageLogFile.isRegular(descriptor), ordering: .relaxed)
    }

    /// Whether a write of one line returns at once: a pipe that polls writable takes 4,096 bytes (pipe(7)).
    private func canTakeLine() -> Bool {
        var question = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&question, 1, 0) == 1
    }

    /// Opens the file anew; when that fails, the old one stays in use. Standard output stays what it is.
    func reopen() throws(SystemError) {
        guard let path else { return }
        let fresh = try UsageLogFile.open(path)
        // The number stays, so that a line being written by another thread goes whole to the one file or the other.
        _ = try check("dup2", dup2(fresh.number, descriptor.number))
        isRegular.store(UsageLogFile.isRegular(descriptor), ordering: .relaxed)
        endsInsideLine.store(UsageLogFile.endsInsideLine(path), ordering: .relaxed)
    }

    /// Appends a line.
    /// - Returns: what went wrong; nil when the line was written whole.
    func write(_ line: [UInt8]) -> SystemError? {
        // A pipe that nobody reads would hold up the loop, and with it every request.
        guard isRegular.load(ordering: .relaxed) || canTakeLine() else { return SystemError("write", code: EAGAIN) }
        let text = endsInsideLine.load(ordering: .relaxed) ? [UInt8(ascii: "\n")] + line : line
        let count = unsafe Glibc.write(descriptor.number, text, text.count)
        if count == text.count {
            endsInsideLine.store(false, ordering: .relaxed)
            return nil
        }
        if count > 0 { endsInsideLine.store(true, ordering: .relaxed) }
        return SystemError("write", code: count < 0 ? errno : ENOSPC)
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        // A pipe that nobody reads would hold up who opens it, for ever, and the loops write to it side by side.
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        return Descriptor(owning: try unsafe check("open", Glibc.open(path, flags, 0o640)))
    }

    private static func isRegular(_ descriptor: borrowing Descriptor) -> Bool {
        var status = stat()
        return unsafe fstat(descriptor.number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// What keeps the log from being opened.
    /// - Parameter path: of the log, when that is not yet open.
    static func words(for error: SystemError, at path: String? = nil) -> String {
        if error.code == ENXIO { return "nobody reads this pipe; start what reads it first" }
        if error.code == EACCES { return "this user may not write there" }
        return path.flatMap { obstacle(at: $0) } ?? "\(error)"
    }

    /// Why the log could not be made there, as far as that can be told without making it; nil when nothing is known.
    static func obstacle(at path: String) -> String? {
        if InputFile.isDirectory(path) == true { return "this is a directory; write a file's path, or -" }
        let directory = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        return InputFile.isDirectory(directory) == false
            ? "there is no directory \(directory.shown); make it, or write another path, or - for standard output" : nil
    }

    /// Whether a line was left unfinished there, by a full disk or the end of the machine.
    private static func endsInsideLine(_ path: String) -> Bool {
        let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        // Who may not look at the file gets an empty line rather than a glued one; a pipe has no end to look at.
        guard number >= 0 else { return true }
        let file = Descriptor(owning: number)
        guard lseek(file.number, -1, SEEK_END) >= 0 else { return false }
        var last: UInt8 = 0
        return unsafe read(file.number, &last, 1) == 1 && last != UInt8(ascii: "\n")
    }
}

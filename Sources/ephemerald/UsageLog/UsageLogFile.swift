import Glibc
import Locking
import Logging
import Settings
import Synchronization
import System
import Text

/// The usage log as the loops write it: standard output, or a file that SIGHUP opens again after it has been moved away.
///
/// Each line is one `write` to a descriptor that appends, so that lines of several loops do not mix.
final class UsageLogFile: Sendable {
    /// Nil for standard output.
    private let path: String?
    private let writer: LineWriter
    private let isLastWritten = Atomic(true)

    init(_ target: UsageLogTarget) throws(SystemError) {
        switch target {
        case .standardOutput:
            path = nil
            writer = try LineWriter(inheriting: STDOUT_FILENO)
        case .file(let path):
            self.path = path
            writer = LineWriter(
                owning: try UsageLogFile.open(path), endsInsideLine: UsageLogFile.endsInsideLine(path))
        }
    }

    /// Opens the file again; if that fails, the old one stays in use. Standard output stays what it is.
    func reopen() throws(SystemError) {
        guard let path else { return }
        try writer.replace(with: try UsageLogFile.open(path), endsInsideLine: UsageLogFile.endsInsideLine(path))
    }

    /// Appends a line.
    /// - Throws: when the line was not written whole.
    func write(_ line: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try writer.write(line)
            isLastWritten.store(true, ordering: .relaxed)
        } catch {
            isLastWritten.store(false, ordering: .relaxed)
            throw error
        }
    }

    /// Appends a line, or reports to the operator that it is lost.
    /// - Returns: whether it was written whole.
    @discardableResult func write(_ line: [UInt8], orReportTo lost: LostLines, isAboutCall: Bool = false) -> Bool {
        do throws(SystemError) {
            try write(line)
            return true
        } catch {
            lost.report(error, isAboutCall: isAboutCall)
            return false
        }
    }

    /// Whether the next process can read the lines, if that is where its log is.
    func isJournal(at target: UsageLogTarget) -> Bool {
        guard let path, case .file(path) = target else { return false }
        return InputFile.isRegularOrMissing(path)
    }

    /// Whether the last line was written whole. True before the first.
    var isWritable: Bool { isLastWritten.load(ordering: .relaxed) }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        // Without O_NONBLOCK, opening a pipe that has no reader would wait for one, and so would each write.
        try Descriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, permissions: 0o640)
    }

    /// Why the log cannot be opened.
    /// - Parameter path: of the log, when it is not open yet.
    static func words(for error: SystemError, at path: String? = nil) -> String {
        if error.code == ENXIO { return "nobody reads this pipe; start its reader first" }
        if error.code == EACCES { return "this user may not write there" }
        return path.flatMap { obstacle(at: $0) } ?? "\(error)"
    }

    /// Why the log could not be created there, as far as that can be seen without creating it; nil when nothing is
    /// known.
    static func obstacle(at path: String) -> String? {
        if InputFile.isDirectory(path) == true { return "this is a directory; write the path of a file, or -" }
        let directory = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        return InputFile.isDirectory(directory) == false
            ? "there is no directory \(directory.shown); create it, or write another path, or - for standard output"
            : nil
    }

    /// Whether a line was left unfinished there, by a full disk or a crash of the machine.
    private static func endsInsideLine(_ path: String) -> Bool {
        // Without permission to read, an empty line is better than two lines in one. A pipe has no end to look at.
        guard let file = try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK) else { return true }
        guard lseek(file.number, -1, SEEK_END) >= 0 else { return false }
        var last: UInt8 = 0
        return unsafe read(file.number, &last, 1) == 1 && last != UInt8(ascii: "\n")
    }
}

/// Counts the usage lines that could not be written, and reports them to the operator, at most once a second.
final class LostLines: Sendable {
    private struct State {
        /// Since the last report.
        var count = 0
        /// How many of those are about calls.
        var calls = 0
        /// Since the start.
        var total = 0
        var lastReport: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private let logger: Logger
    private let isJournal: (ofQuotas: Bool, ofCalls: Bool)

    /// - Parameter isJournal: what the next start reads in the lines.
    init(_ logger: Logger, isJournal: (ofQuotas: Bool, ofCalls: Bool)) {
        self.logger = logger
        self.isJournal = isJournal
    }

    /// Lines lost since the start.
    var total: Int { state.withLock(\.total) }

    func report(_ failure: SystemError, isAboutCall: Bool) {
        let now = ContinuousClock.now
        let (count, calls) = state.withLock { state in
            state.count += 1
            state.calls += isAboutCall ? 1 : 0
            state.total += 1
            if let last = state.lastReport, now - last < .seconds(1) { return (0, 0) }
            state.lastReport = now
            defer { (state.count, state.calls) = (0, 0) }
            return (state.count, state.calls)
        }
        guard count > 0 else { return }
        var consequences = isJournal.ofQuotas ? "; the quotas count their tokens until a restart, and not after it" : ""
        if isJournal.ofCalls, calls > 0 {
            consequences += "; \(calls) are about calls, and after a restart a call whose end is lost counts as open"
        }
        logger.error("\(count) usage lines are lost: \(failure)\(consequences)")
    }
}

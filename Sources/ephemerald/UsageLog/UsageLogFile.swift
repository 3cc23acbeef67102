import EphemeraldCore
import Glibc
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
            lost.reportWritten()
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

/// Counts the usage lines that could not be written, and reports to the operator when that begins and when it is over.
final class LostLines: Sendable {
    private let count = Atomic(0)
    /// How many of those are about calls.
    private let calls = Atomic(0)
    /// The lines lost before the latest emergency, and those of them about calls.
    private let reported = Atomic(0)
    private let reportedCalls = Atomic(0)
    private let emergencies: Emergencies
    private let isJournal: (ofQuotas: Bool, ofCalls: Bool)

    /// - Parameter isJournal: what the next start reads in the lines.
    init(_ emergencies: Emergencies, isJournal: (ofQuotas: Bool, ofCalls: Bool)) {
        self.emergencies = emergencies
        self.isJournal = isJournal
    }

    /// Lines lost since the start.
    var total: Int { count.load(ordering: .relaxed) }

    func report(_ failure: SystemError, isAboutCall: Bool) {
        count.add(1, ordering: .relaxed)
        if isAboutCall { calls.add(1, ordering: .relaxed) }
        var consequence = isJournal.ofQuotas ? "; the quotas count their tokens until a restart, and not after it" : ""
        if isJournal.ofCalls { consequence += "; after a restart a call whose end is lost counts as open" }
        emergencies.begin(
            .usageLog,
            "usage lines are lost: \(failure): make room on the disk of USAGE_LOG, or start the reader of its pipe; no call "
                + "is created until a line can be written\(consequence)", now: Surroundings.monotonicNanoseconds())
    }

    /// A line was written. Costs nothing while nothing fails.
    func reportWritten() {
        guard emergencies.isAny else { return }
        emergencies.end(.usageLog, messageOfEnd(), now: Surroundings.monotonicNanoseconds())
    }

    /// For the one who ends the emergency: it counts the lines as reported.
    private func messageOfEnd() -> String {
        let lost = total - reported.exchange(total, ordering: .relaxed)
        let aboutCalls = calls.load(ordering: .relaxed)
        let ofCalls = aboutCalls - reportedCalls.exchange(aboutCalls, ordering: .relaxed)
        let calls = ofCalls > 0 ? ", \(ofCalls) of them about calls" : ""
        return "usage lines are written again; \(lost) were lost\(calls)"
    }
}

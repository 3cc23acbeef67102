import EphemeraldCore
import Glibc
import Logging
import Settings
import Synchronization
import System

/// The daemon's log for its operator: lines on standard error, in the form that the settings ask for.
///
/// A line that cannot be written is counted, and the next one that can be reports it.
final class Diagnostics: Sendable {
    private let writer: LineWriter
    private let isTerminal: Bool
    /// Whether standard error ends in the journal, which then reads a level at the start of each line.
    private let isJournal: Bool
    private let isJSON: Bool
    private let lost = Atomic(0)

    /// - Parameter journal: `$JOURNAL_STREAM`: device and inode of the stream to the journal (systemd.exec(5)); nil where
    ///   there is no journal.
    init(_ format: LogFormat, journal: String?) throws(StartFailure) {
        do throws(SystemError) {
            isJournal = try FileStatus(of: STDERR_FILENO).identity == journal
            writer = try LineWriter(inheriting: STDERR_FILENO)
        } catch {
            throw StartFailure(outcome: .unavailable, message: "standard error cannot be written: \(error)")
        }
        isTerminal = isatty(STDERR_FILENO) == 1
        isJSON =
            switch format {
            case .auto: !isTerminal
            case .text: false
            case .json: true
            }
    }

    /// A logger that writes here.
    func logger(at level: Logger.Level) -> Logger {
        var logger = Logger(label: "ephemerald") { _ in DiagnosticHandler(self) }
        logger.logLevel = level
        return logger
    }

    /// Whether a person reads along: text on a terminal.
    var isForPeople: Bool { isTerminal && !isJSON }

    /// Writes lines without a time in front, for a person.
    func write(_ lines: [String]) {
        if !isWritten(Array(lines.map { "\($0)\n" }.joined().utf8)) { lost.add(1, ordering: .relaxed) }
    }

    /// Writes one line, whatever the level of any logger.
    func write(_ level: Logger.Level, _ message: String, metadata: Logger.Metadata = [:]) {
        let unreported = lost.exchange(0, ordering: .relaxed)
        if unreported > 0, !isWritten(line(.error, "\(unreported) diagnostics are lost: nobody reads standard error")) {
            lost.add(unreported + 1, ordering: .relaxed)
            return
        }
        if !isWritten(line(level, message, metadata: metadata)) { lost.add(1, ordering: .relaxed) }
    }

    /// Writes a line if it can be written; there is no place left where the reason could be reported.
    private func isWritten(_ line: [UInt8]) -> Bool {
        do throws(SystemError) {
            try writer.write(line)
            return true
        } catch {
            return false
        }
    }

    private func line(_ level: Logger.Level, _ message: String, metadata: Logger.Metadata = [:]) -> [UInt8] {
        let line = DiagnosticLine(
            level, message, metadata: metadata, unixMilliseconds: Surroundings.unixMilliseconds())
        let prefix = isJournal ? Array(level.journalPrefix.utf8) : []
        return prefix + (isJSON ? line.json : line.text)
    }
}

/// What a logger hands its lines to.
private struct DiagnosticHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let diagnostics: Diagnostics

    init(_ diagnostics: Diagnostics) {
        self.diagnostics = diagnostics
    }

    subscript(metadataKey name: String) -> Logger.Metadata.Value? {
        get { metadata[name] }
        set { metadata[name] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        diagnostics.write(event.level, "\(event.message)", metadata: all)
    }
}

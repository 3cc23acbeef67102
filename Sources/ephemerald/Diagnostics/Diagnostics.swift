import EphemeraldCore
import EventLoop
import Logging
import Settings
import Synchronization

/// Where the daemon tells its operator what happens: lines on standard error, in the form that the settings ask for.
///
/// What cannot be written is counted, and told of by the next line that can.
final class Diagnostics: Sendable {
    private let stream: DiagnosticStream
    private let isJSON: Bool
    private let lost = Atomic(0)

    /// - Parameter journal: `$JOURNAL_STREAM`; nil where there is no journal.
    init(_ format: LogFormat, journal: String?) throws(StartFailure) {
        do throws(SystemError) { stream = try DiagnosticStream(journal: journal) } catch {
            throw StartFailure(outcome: .unavailable, message: "standard error cannot be written: \(error)")
        }
        isJSON =
            switch format {
            case .auto: !stream.isTerminal
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
    var isForPeople: Bool { stream.isTerminal && !isJSON }

    /// Writes lines without a time in front, for a person.
    func write(_ lines: [String]) {
        if !stream.write(Array(lines.map { "\($0)\n" }.joined().utf8)) { lost.add(1, ordering: .relaxed) }
    }

    /// Writes one line, whatever the level of any logger.
    func write(_ level: Logger.Level, _ message: String, metadata: Logger.Metadata = [:]) {
        let untold = lost.exchange(0, ordering: .relaxed)
        if untold > 0, !stream.write(line(.error, "\(untold) diagnostics are lost: nobody reads standard error")) {
            lost.add(untold + 1, ordering: .relaxed)
            return
        }
        if !stream.write(line(level, message, metadata: metadata)) { lost.add(1, ordering: .relaxed) }
    }

    private func line(_ level: Logger.Level, _ message: String, metadata: Logger.Metadata = [:]) -> [UInt8] {
        let line = DiagnosticLine(
            level, message, metadata: metadata, unixMilliseconds: Surroundings.unixMilliseconds())
        let prefix = stream.isJournal ? Array(level.journalPrefix.utf8) : []
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

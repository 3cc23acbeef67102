import ArgumentParser
import EphemeraldCore
import FoundationEssentials
import Glibc
import HTTP
import Settings
import System
import Text

/// Which usage log a command reads.
struct LogArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The usage log, with its rotated files; else that of USAGE_LOG.", valueName: "file"))
    var log: String?

    @Option(help: ArgumentHelp("A JSON file with settings, for its usage-log and safety-salt-file.", valueName: "file"))
    var config: String?

    /// Where the lines of that time are. Problems end the program.
    func input(in range: TimeRange) throws -> LogInput {
        if log == "-" { return .standardInput }
        let path = try path()
        do throws(SystemError) {
            // A day more, for a clock that was set back.
            let files = try LogFiles(of: path, since: range.since.map { $0 - 86_400 } ?? .min)
            guard !files.paths.isEmpty else { throw SystemError("open", code: ENOENT) }
            return .files(files)
        } catch {
            throw LogArguments.failure(path, error)
        }
    }

    /// Prints why the log cannot be read, and gives the error that ends the program with the right status.
    static func failure(_ path: String, _ error: SystemError) -> any Error {
        StandardError.print(["error: \(path): \(error)"])
        return ExitCode(Outcome.unavailable.rawValue)
    }

    /// Prints what is wrong with a value that looks like an address: it is looked for as it is.
    static func warnAboutMistake(in value: String) {
        guard let mistake = AddressRange.mistake(in: value) else { return }
        StandardError.print(["warning: \(value.shown): \(mistake.reason); it is looked for as the name of a caller"])
    }

    /// What hashes in the log are made by; nil where no salt is kept.
    func identifiers() throws -> SafetyIdentifier? {
        do throws(SettingsFailure) { return try Settings.safetyIdentifiers(source) } catch {
            throw SettingsArguments.report(error)
        }
    }

    private var source: Settings.Source {
        Settings.Source(
            arguments: config.map { ["--config", $0] } ?? [], environment: ProcessInfo.processInfo.environment)
    }

    /// The path of the log.
    func path() throws -> String {
        if let log { return log }
        let target: UsageLogTarget
        do throws(SettingsFailure) { target = try Settings.usageLog(source) } catch {
            throw SettingsArguments.report(error)
        }
        guard case .file(let path) = target else {
            throw ValidationError(
                "USAGE_LOG is standard output: name a file with --log FILE, or pipe the lines in with --log -")
        }
        return path
    }
}

/// Which lines of it a command reads.
struct LogTimes: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only lines since then: a duration before now (30min, 24h, 7d), a day (2026-11-22), or a time "
                + "(2026-11-22T12:00:00Z). Without a zone it is UTC.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only lines before then.", valueName: "time"))
    var until: String?

    /// The time that `--since` and `--until` choose.
    /// - Parameter since: what applies without `--since`; nil for the beginning of the log.
    func range(since fallback: String? = nil) throws -> TimeRange {
        let now = Int(Date.now.timeIntervalSince1970)
        func seconds(_ flag: String, _ text: String?) throws -> Int? {
            guard let text else { return nil }
            do throws(Invalid) { return try TimeRange.unixSeconds(of: text, now: now) } catch {
                throw ValidationError("\(flag): \(error.reason)")
            }
        }
        let end = try seconds("--until", until)
        let start = try seconds("--since", since ?? (until == nil ? fallback : nil))
        if let start, let end, end <= start { throw ValidationError("--until is not after --since") }
        return TimeRange(since: start, until: end)
    }
}

/// Where a command reads usage lines.
enum LogInput {
    /// A log and its rotated files.
    case files(LogFiles)
    /// What a container or a log shipper wrote, with lines of others among them.
    case standardInput

    /// Hands every whole line to `body`, without its line feed.
    /// - Returns: what could not be read, one line each.
    func read(_ body: (ArraySlice<UInt8>) -> Void) throws -> [String] {
        do throws(SystemError) {
            switch self {
            case .files(let files): return try files.read(body)
            case .standardInput:
                try LogLines.readStandardInput(body)
                return []
            }
        } catch {
            throw LogArguments.failure("the usage log", error)
        }
    }

    /// `one file`, `3 files` or `standard input`.
    var name: String {
        switch self {
        case .files(let files): files.paths.count == 1 ? "one file" : "\(files.paths.count) files"
        case .standardInput: "standard input"
        }
    }
}

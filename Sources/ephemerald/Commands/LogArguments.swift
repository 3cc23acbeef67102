import ArgumentParser
import EventLoop
import FoundationEssentials
import JSON
import Settings

/// Which usage log a command reads.
struct LogArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The usage log, with its rotated files; else that of USAGE_LOG.", valueName: "file"))
    var log: String?

    @Option(help: ArgumentHelp("A JSON file with settings, for its usage-log.", valueName: "file"))
    var config: String?

    /// Its files, the oldest first. Problems end the program.
    func files(since: Int = .min) throws -> LogFiles {
        let path = try path()
        do throws(SystemError) {
            let files = try LogFiles(of: path, since: since)
            guard !files.paths.isEmpty else { throw SystemError("open", code: 2) }
            return files
        } catch {
            throw LogArguments.failure(path, error)
        }
    }

    /// Prints why the log cannot be read, and gives the error that ends the program with the right status.
    static func failure(_ path: String, _ error: SystemError) -> any Error {
        StandardError.print(["error: \(path): \(error)"])
        return ExitCode(Outcome.unavailable.rawValue)
    }

    private func path() throws -> String {
        if let log { return log }
        let target: UsageLogTarget
        do throws(SettingsFailure) {
            target = try Settings.usageLog(
                Settings.Source(
                    arguments: config.map { ["--config", $0] } ?? [],
                    environment: ProcessInfo.processInfo.environment))
        } catch {
            throw SettingsArguments.report(error)
        }
        guard case .file(let path) = target else {
            throw ValidationError("USAGE_LOG is standard output, which cannot be read; name the file with --log FILE")
        }
        return path
    }
}

import ArgumentParser
import FoundationEssentials
import Sessions
import System

/// The flags of settings behind a command, as swift-argument-parser hands them on.
struct SettingsArguments: ParsableArguments {
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "Settings as flags, such as --port 3001; ephemerald settings lists them all.", valueName: "setting"))
    var tokens: [String] = []

    /// Where the settings come from, for who reads them again.
    var source: FreshConfiguration.Source {
        FreshConfiguration.Source(arguments: tokens, environment: ProcessInfo.processInfo.environment)
    }

    /// All settings, checked; of their warnings the caller tells. Problems are printed and end the program with status
    /// 78, and then those of the session files are printed too, so that nobody mends one to meet the next. A wrong
    /// command line ends it with 64.
    /// - Parameter socket: the address of a listening socket that is there already.
    func settings(for socket: ListeningAddress? = nil) throws -> Settings {
        try InputFile.$pipes.withValue(.until(.now + InputFile.patience)) { try readSettings(for: socket) }
    }

    private func readSettings(for socket: ListeningAddress?) throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        do throws(SettingsFailure) {
            return try Settings(arguments: tokens, environment: environment, socket: socket)
        } catch {
            if case .invalid = error,
                let check = try? Check(
                    arguments: tokens, environment: environment, fixes: false, socket: socket, today: .today)
            {
                StandardError.print(check.findings)
                throw ExitCode(Outcome.configuration.rawValue)
            }
            throw SettingsArguments.report(error)
        }
    }

    /// Where the daemon listens, and nothing else.
    func address() throws -> ListeningAddress {
        do throws(SettingsFailure) {
            return try Settings.address(arguments: tokens, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw SettingsArguments.report(error)
        }
    }

    /// Prints the failure and gives the error that ends the program with the right status.
    static func report(_ failure: SettingsFailure) -> any Error {
        switch failure {
        case .usage(let errors):
            return ValidationError(errors.messages.joined(separator: "\nerror: "))
        case .invalid:
            StandardError.print(failure.diagnoses)
            return ExitCode(Outcome.configuration.rawValue)
        }
    }
}

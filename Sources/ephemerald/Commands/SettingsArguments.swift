import ArgumentParser
import FoundationEssentials
import Sessions
import Settings
import System

/// The flags of settings after a command, as swift-argument-parser passes them on.
struct SettingsArguments: ParsableArguments {
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "Settings as flags, such as --port 3001; ephemerald settings lists them all.", valueName: "setting"))
    var tokens: [String] = []

    /// Where the settings come from.
    var source: Settings.Source { source(skipping: 0) }

    /// Where the settings come from, when the first words after the command are something else.
    func source(skipping count: Int) -> Settings.Source {
        Settings.Source(arguments: Array(tokens.dropFirst(count)), environment: ProcessInfo.processInfo.environment)
    }

    /// Reads settings and session files. A wrong command line ends the program with 64.
    /// - Parameter socket: the address of a listening socket that exists already.
    func read(for socket: ListeningAddress? = nil) throws -> Configuration.Reading {
        do throws(UsageErrors) {
            return try Configuration.read(source, for: socket, pipes: .patient, today: .today)
        } catch {
            throw SettingsArguments.report(.usage(error))
        }
    }

    /// Prints the failure, and returns the error that ends the program with the right status.
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

extension Day {
    /// The day in UTC, by the system's clock.
    static var today: Day { Day(unixSeconds: Int(Date.now.timeIntervalSince1970)) }
}

package import ArgumentParser
import System

/// `ephemerald serve`: the daemon.
package struct ServeCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the daemon until SIGTERM; with --sandbox against a built-in stand-in.",
        usage: "ephemerald [serve] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Returns when the daemon has drained.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        let supervisor: Supervisor
        let listener: Listener?
        do throws(StartFailure) {
            supervisor = try Supervisor.take()
            listener = try supervisor.listener()
        } catch {
            StandardError.print(["error: \(error.words)"])
            return try error.outcome.exit()
        }
        // Optional chaining would consume the listener.
        let address: ListeningAddress? =
            switch listener {
            case .some(let listener): listener.address
            case nil: nil
            }
        let settings = try arguments.settings(for: address)
        try serve(settings, from: arguments.source, under: supervisor, on: listener).exit()
    }
}

extension Outcome {
    /// Ends a command with this status.
    func exit() throws(ExitCode) {
        if self != .success { throw ExitCode(rawValue) }
    }
}

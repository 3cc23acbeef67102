package import ArgumentParser
import Logging
import Settings
import System

/// `ephemerald serve`: the daemon.
package struct ServeCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the daemon until SIGTERM; with --sandbox against a built-in stand-in.",
        usage: "ephemerald [serve] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Returns when the daemon has drained.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let supervisor: Supervisor
        let listener: Listener?
        do throws(StartFailure) {
            supervisor = try Supervisor.take()
            listener = try supervisor.listener()
        } catch {
            StandardError.print(["error: \(error.message)"])
            return try error.outcome.exit()
        }
        // Optional chaining would consume the listener.
        let address: ListeningAddress? =
            switch listener {
            case .some(let listener): listener.address
            case nil: nil
            }
        let reading = try arguments.read(for: address)
        guard let configuration = try? reading.whole() else {
            // As text, whatever the format of the log is: for the person who tries to start it.
            StandardError.print(reading.findings)
            return try Outcome.configuration.exit()
        }
        try serve(configuration, under: supervisor, on: listener).exit()
    }

    /// Runs the daemon until SIGTERM or SIGINT stops it.
    /// - Parameter listener: nil to listen at `HOST` and `PORT`.
    private func serve(
        _ configuration: Configuration, under supervisor: Supervisor, on listener: consuming Listener?
    ) -> Outcome {
        let source = arguments.source
        do throws(StartFailure) {
            let diagnostics = try Diagnostics(
                configuration.settings.output.logFormat, journal: source.environment["JOURNAL_STREAM"])
            for finding in configuration.findings { diagnostics.write(.warning, finding.message) }
            let daemon = try Daemon(
                configuration, from: source, diagnostics: diagnostics, supervisor: supervisor, listener: listener)
            try daemon.run()
            return .success
        } catch {
            StandardError.print(["error: \(error.message)"])
            return error.outcome
        }
    }
}

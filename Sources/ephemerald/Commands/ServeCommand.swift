package import ArgumentParser

/// `ephemerald serve`: the daemon.
package struct ServeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the daemon until SIGTERM; with --sandbox against a built-in stand-in.",
        discussion: HelpText.pointer)

    @OptionGroup var arguments: SettingsArguments

    package init() {}

    package func run() throws {
        try serve(arguments.settings()).exit()
    }
}

extension Outcome {
    /// Ends a command with this status.
    func exit() throws(ExitCode) {
        if self != .success { throw ExitCode(rawValue) }
    }
}

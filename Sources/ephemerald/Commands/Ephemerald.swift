package import ArgumentParser
import Curl
import EventLoop
import Glibc
import MicroHTTPD
import Redis

/// The program: its commands, `--help` and `--version`. swift-argument-parser owns commands and usage errors; the
/// flags of settings it hands on unread, because the table of settings owns those.
@main
package struct Ephemerald: ParsableCommand {
    /// The commands, and the words of `--help` and `--version`.
    package static let configuration = CommandConfiguration(
        commandName: "ephemerald",
        abstract: "Mints OpenAI Realtime client secrets for browsers, and keeps the API key.",
        usage: "ephemerald [serve] [--SETTING VALUE ...]\nephemerald COMMAND [OPTION ...]",
        version: Version.line(
            curl: HTTPClient.version, microHTTPD: Server.version, hiredis: RedisClient.hiredisVersion,
            zlib: LogText.zlibVersion),
        subcommands: [
            ServeCommand.self, CheckCommand.self, MintCommand.self, KeyCommand.self, UsageCommand.self,
            LookupCommand.self, HealthcheckCommand.self, SettingsCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// For swift-argument-parser.
    package init() {}

    /// Finds the command and runs it.
    ///
    /// What the daemon does with signals it can do once its loop runs. Until then those that end no process by meaning
    /// wait; SIGTERM and SIGINT end a start that takes long.
    package static func main() {
        endsAtSignals()
        var running: any ParsableCommand.Type = Ephemerald.self
        do {
            try SignalWatch.block(Daemon.orders)
            if let mistake = CommandName.mistake(in: CommandLine.arguments.dropFirst()) {
                throw ValidationError(mistake)
            }
            var command = try parseAsRoot()
            if !(command is ServeCommand) { try SignalWatch.unblock(Daemon.orders) }
            running = type(of: command)
            try command.run()
        } catch {
            end(with: error, of: running)
        }
    }

    /// Ends the program with help, or with the errors on the command line: in one style, whether swift-argument-parser or
    /// a command found them, and with the usage of that command.
    private static func end(with error: any Error, of command: any ParsableCommand.Type) -> Never {
        let text = fullMessage(for: error)
        if text == helpMessage() {
            // Below the commands, where swift-argument-parser has no place for it.
            print("\(text)\n\n\(HelpText.common)")
            exit()
        }
        if let mistake = error as? ValidationError {
            let name = command is Ephemerald.Type ? nil : command.configuration.commandName
            StandardError.print([
                "error: \(mistake.message)", "Usage: \(usageString(for: command))",
                "  See 'ephemerald \(name.map { "\($0) " } ?? "")--help' for more information.",
            ])
        } else if text.hasPrefix("Error: ") {
            StandardError.print(["error: \(text.dropFirst(7))"])
        } else {
            exit(withError: error)
        }
        exit(withError: exitCode(for: error))
    }

    /// Linux discards SIGTERM and SIGINT for the first process of a container unless it handles them: kill(2).
    private static func endsAtSignals() {
        guard getpid() == 1 else { return }
        for number in [SIGTERM, SIGINT] { _ = signal(number) { _exit(128 + $0) } }
    }
}

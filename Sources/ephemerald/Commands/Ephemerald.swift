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
        usage: "ephemerald [serve] [--SETTING VALUE ...]\nephemerald check|mint|healthcheck [--SETTING VALUE ...]\n"
            + "ephemerald key [--name NAME] [--append FILE]\nephemerald usage [--by GROUP] [--since DURATION] [--log FILE] [--json]\n"
            + "ephemerald lookup VALUE [--log FILE]",
        discussion: HelpText.discussion,
        version: Version.line(
            curl: Curl.Client.version, microHTTPD: Server.version, hiredis: Redis.Client.hiredisVersion,
            zlib: LogText.zlibVersion),
        subcommands: [
            ServeCommand.self, CheckCommand.self, MintCommand.self, KeyCommand.self, UsageCommand.self,
            LookupCommand.self, HealthcheckCommand.self,
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
        do {
            try SignalWatch.block(Daemon.orders)
            var command = try parseAsRoot()
            if !(command is ServeCommand) { try SignalWatch.unblock(Daemon.orders) }
            try command.run()
        } catch {
            exit(withError: error)
        }
    }

    /// Linux discards SIGTERM and SIGINT for the first process of a container unless it handles them: kill(2).
    private static func endsAtSignals() {
        guard getpid() == 1 else { return }
        for number in [SIGTERM, SIGINT] { _ = signal(number) { _exit(128 + $0) } }
    }
}

package import ArgumentParser
import Curl
import MicroHTTPD

/// The program: its commands, `--help` and `--version`. swift-argument-parser owns commands and usage errors; the
/// flags of settings it hands on unread, because the table of settings owns those.
@main
package struct Ephemerald: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ephemerald",
        abstract: "Mints OpenAI Realtime client secrets for browsers, and keeps the API key.",
        usage: "ephemerald [serve] [--SETTING VALUE ...]\nephemerald check|mint|healthcheck [--SETTING VALUE ...]\n"
            + "ephemerald key [--name NAME]\nephemerald usage [--by GROUP] [--since DURATION] [--log FILE] [--json]\n"
            + "ephemerald lookup VALUE [--log FILE]",
        discussion: HelpText.discussion,
        version: Version.line(curl: Client.version, microHTTPD: Server.version),
        subcommands: [
            ServeCommand.self, CheckCommand.self, MintCommand.self, KeyCommand.self, UsageCommand.self,
            LookupCommand.self, HealthcheckCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    package init() {}
}

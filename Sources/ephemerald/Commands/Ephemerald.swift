package import ArgumentParser
import Curl
import EventLoop
import Glibc
import MicroHTTPD
import Redis
import Settings

/// The program: its commands, `--help` and `--version`. swift-argument-parser owns commands and usage errors. It passes the
/// flags of settings on unread, because the table of settings owns those.
@main
package struct Ephemerald: ParsableCommand {
    /// The commands, and the texts of `--help` and `--version`.
    package static let configuration = CommandConfiguration(
        commandName: "ephemerald",
        abstract: "Mints OpenAI Realtime client secrets and creates calls for browsers, and keeps the API key private.",
        usage: "ephemerald [serve] [--SETTING VALUE ...]\nephemerald COMMAND [OPTION ...]",
        // Only --version asks the libraries for theirs: curl_version() makes Debian's libldap load all modules of SASL.
        version: Version.number,
        subcommands: [
            ServeCommand.self, CheckCommand.self, MintCommand.self, KeyCommand.self, UsageCommand.self,
            LookupCommand.self, ForgetCommand.self, CallsCommand.self, DenyCommand.self, AllowCommand.self,
            HealthcheckCommand.self, SettingsCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// For swift-argument-parser.
    package init() {}

    /// Finds the command and runs it.
    ///
    /// The daemon handles signals once its loop runs. Until then the signals that mean something else than the end are
    /// blocked; SIGTERM and SIGINT end a start that takes long.
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

    /// Ends the program with help, or with the errors in the command line and the usage of that command. The style is the
    /// same whether swift-argument-parser or a command found them.
    private static func end(with error: any Error, of command: any ParsableCommand.Type) -> Never {
        let text = fullMessage(for: error)
        if text == helpMessage() {
            // swift-argument-parser has no place for it below the commands.
            print("\(text)\n\n\(HelpText.common)")
            exit()
        }
        if text == Version.number {
            print(
                Version.line(
                    curl: HTTPClient.version, microHTTPD: Server.version, hiredis: RedisClient.hiredisVersion,
                    zlib: LogText.zlibVersion))
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

/// The line that `--version` prints.
package enum Version {
    /// The version of this program.
    package static let number = "0.1.0"

    /// `ephemerald VERSION (libcurl … OpenSSL/…, libmicrohttpd …, hiredis …, zlib …)`: the libraries are those of
    /// run time, because operators follow their advisories. Only hiredis cannot tell its version, so it is that of the
    /// build.
    /// - Parameters:
    ///   - curl: the text of `curl_version()`: `libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13 …`.
    ///   - microHTTPD: the bare version, like the others.
    package static func line(curl: String, microHTTPD: String, hiredis: String, zlib: String) -> String {
        var parts = curl.split(separator: " ").prefix(2).map(String.init)
        if parts.first?.hasPrefix("libcurl/") == true { parts[0] = "libcurl \(parts[0].dropFirst(8))" }
        let others = "libmicrohttpd \(microHTTPD), hiredis \(hiredis), zlib \(zlib)"
        return "ephemerald \(number) (\(parts.joined(separator: " ")), \(others))"
    }
}

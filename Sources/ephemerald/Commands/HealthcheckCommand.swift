package import ArgumentParser
import EphemeraldCore
import MicroHTTPD

/// `ephemerald healthcheck`: whether the daemon answers, for a container's HEALTHCHECK.
package struct HealthcheckCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the daemon at HOST and PORT for /api/health; exit with 0 or 1 within 2 seconds.",
        usage: "ephemerald healthcheck [--ready] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Flag(help: "Ask for /api/health/ready: whether it takes requests, and does not drain.")
    var ready = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Asks once, and waits 2 s at most.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        let address = try arguments.address()
        do throws(HealthProbe.Failure) {
            let path = ready ? TokenService.readinessPath : TokenService.healthPath
            try HealthProbe.ask(address, path: path, limit: .seconds(2))
            print("ok: \(address)")
        } catch {
            StandardError.print(["error: \(address): \(error.reason)"])
            try Outcome.negative.exit()
        }
    }
}

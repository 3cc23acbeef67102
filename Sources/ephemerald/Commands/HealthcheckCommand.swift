package import ArgumentParser
import EphemeraldCore
package import MicroHTTPD
import Settings
import Text

/// `ephemerald healthcheck`: whether the daemon answers, for a container's HEALTHCHECK.
package struct HealthcheckCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the daemon at HOST and PORT for /api/health; exit with 0 or 1 within 2 seconds.",
        usage: "ephemerald healthcheck [--ready] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Flag(help: "Ask for /api/health/ready: whether it accepts requests and is not draining.")
    var ready = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Sends one request, and waits 2 s at most.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let address: ListeningAddress
        do throws(SettingsFailure) {
            address = try Settings.address(arguments.source)
        } catch {
            throw SettingsArguments.report(error)
        }
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

/// One request to a running daemon for its health or its readiness, on a blocking socket of its own.
package enum HealthProbe {
    /// Why the daemon is not healthy.
    package struct Failure: Error, Hashable, Sendable {
        /// For an operator, to follow the address.
        package let reason: String
    }

    /// Returns when the daemon answers 200, and throws when it does not, or not within the limit.
    /// - Parameter path: the path of liveness, or of readiness.
    package static func ask(
        _ address: ListeningAddress, path: String = TokenService.healthPath, limit: Duration
    ) throws(Failure) {
        let deadline = ContinuousClock.now + limit
        let socket: ProbeSocket
        switch address {
        case .tcp(let host, let port): socket = try ProbeSocket(host: reachable(host), port: port, deadline: deadline)
        case .unix(let path): socket = try ProbeSocket(path: path, deadline: deadline)
        }
        try socket.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", deadline: deadline)
        let line = try socket.firstLine(deadline: deadline)
        guard line.hasPrefix("HTTP/1.1 200 ") || line.hasPrefix("HTTP/1.0 200 ") else {
            throw Failure(reason: "it answered \(line.shown)")
        }
    }

    /// Loopback, in place of an address that means every address of this machine.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }
}

package import ArgumentParser
import EphemeraldCore
import Settings
package import System
import Text

/// `ephemerald healthcheck`: whether the daemon answers, for a container's HEALTHCHECK.
package struct HealthcheckCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Request /api/health from the daemon at HOST and PORT; exit with 0 or 1 within 2 seconds.",
        usage: "ephemerald healthcheck [--ready] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Flag(help: "Request /api/health/ready instead: whether the daemon accepts requests and is not draining.")
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
        let socket = try ProbeSocket(to: address.reachable, deadline: ContinuousClock.now + limit)
        try socket.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let line = try socket.firstLine()
        guard line.hasPrefix("HTTP/1.1 200 ") || line.hasPrefix("HTTP/1.0 200 ") else {
            throw Failure(reason: "it answered \(line.shown)")
        }
    }
}

extension ListeningAddress {
    /// Where a process of this machine connects to: loopback, for an address that means every address of this machine.
    var reachable: ListeningAddress {
        switch self {
        case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
        case .tcp("::", let port): .tcp(host: "::1", port: port)
        default: self
        }
    }
}

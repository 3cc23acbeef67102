import EphemeraldCore
import Glibc
package import MicroHTTPD
import Text

/// One question to a running daemon: is it alive, or is it ready? On a blocking socket of its own.
package enum HealthProbe {
    /// Why the daemon is not healthy.
    package struct Failure: Error, Hashable, Sendable {
        /// For an operator, to stand behind the address.
        package let reason: String
    }

    /// Returns when the daemon answers 200, and throws when it does not, or not within the limit.
    /// - Parameter path: of liveness, or of readiness.
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

    /// An address that stands for every address of this machine is asked on loopback.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }
}

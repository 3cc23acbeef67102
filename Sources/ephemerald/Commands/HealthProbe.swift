import EphemeraldCore
import Glibc
package import System
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
        let socket = try ProbeSocket(to: reachable(address), deadline: ContinuousClock.now + limit)
        try socket.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let line = try socket.firstLine()
        guard line.hasPrefix("HTTP/1.1 200 ") || line.hasPrefix("HTTP/1.0 200 ") else {
            throw Failure(reason: "it answered \(line.shown)")
        }
    }

    /// Loopback, for an address that means every address of this machine.
    private static func reachable(_ address: ListeningAddress) -> ListeningAddress {
        switch address {
        case .tcp("0.0.0.0", let port): .tcp(host: "127.0.0.1", port: port)
        case .tcp("::", let port): .tcp(host: "::1", port: port)
        default: address
        }
    }
}

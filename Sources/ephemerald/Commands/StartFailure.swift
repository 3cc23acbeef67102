import Glibc
import System

/// Why the daemon does not start.
struct StartFailure: Error {
    let outcome: Outcome
    let words: String
}

extension StartFailure {
    /// An address that cannot be listened on: the likely cause, and the flag that helps.
    /// - Parameters:
    ///   - host: the setting that names the address.
    ///   - port: the setting that names the port.
    init(cannotListenOn address: ListeningAddress, _ error: SystemError, host: Setting, port: Setting) {
        let place = host == .host ? "\(address)" : "\(address) for metrics"
        self.init(
            outcome: .unavailable,
            words: "cannot listen on \(place): " + StartFailure.cause(of: error, address, host: host, port: port))
    }

    private static func cause(
        of error: SystemError, _ address: ListeningAddress, host: Setting, port: Setting
    ) -> String {
        let (hostFlag, portFlag) = ("\(host.flag) (\(host.name))", "\(port.flag) (\(port.name))")
        let off = port == .operationsPort ? ", or off for none" : ""
        return switch (address, error.code) {
        case (.tcp, EADDRINUSE):
            "another program uses this port, perhaps an ephemerald that still runs; stop it, or choose another port "
                + "with \(portFlag)\(off)"
        case (.tcp, EACCES):
            "this user may not use this port; choose one from 1024 up with \(portFlag)\(off)"
        case (.tcp, EADDRNOTAVAIL):
            "this machine does not have this address; choose another with \(hostFlag)"
        case (.unix, EADDRINUSE):
            "another program listens on this socket, perhaps an ephemerald that still runs, or the file is not a "
                + "socket; choose another path with \(hostFlag)"
        case (.unix, ENOENT):
            "its directory does not exist; make it, or choose another path with \(hostFlag)"
        case (.unix, EACCES):
            "this user may not write to its directory; choose another path with \(hostFlag)"
        default: "\(error) (\(host.name), \(port.name))"
        }
    }
}

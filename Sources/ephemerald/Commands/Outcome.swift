import ArgumentParser
import Glibc
import Settings
import System

/// The exit status of the program; the numbers are those of sysexits.h.
package enum Outcome: Int32, CaseIterable, Sendable {
    /// The work is done; `serve` was told to stop, and answered all requests first.
    case success = 0
    /// The answer is no: `healthcheck` found no healthy daemon, `lookup` and `forget` no line, `calls end` no call,
    /// `allow` no denial.
    case negative = 1
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_UNAVAILABLE: the address cannot be listened on, `mint` got no token, the usage log cannot be read, or
    /// the daemon, or Redis, does not answer a command.
    case unavailable = 69
    /// EX_TEMPFAIL: a second signal ended `serve` before all requests were answered.
    case cut = 75
    /// EX_CONFIG: a setting or a session file is wrong.
    case configuration = 78

    /// The description in `--help`.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .negative:
            "healthcheck: the daemon does not answer, or not with 200; lookup, forget: nothing was found; calls end: "
                + "no call was open; allow: nobody was denied"
        case .usage: "the command line is wrong"
        case .unavailable:
            "serve: cannot listen; mint: got no token; usage, lookup, forget: the log cannot be read; calls, "
                + "deny, allow: no answer, or not from all daemons"
        case .cut: "serve: a second signal ended it before all requests were answered"
        case .configuration: "a setting or a session file is wrong; every problem is listed"
        }
    }
}

extension Outcome {
    /// Ends a command with this status.
    func exit() throws(ExitCode) {
        if self != .success { throw ExitCode(rawValue) }
    }
}

/// Why the daemon does not start.
struct StartFailure: Error {
    let outcome: Outcome
    let message: String
}

extension StartFailure {
    /// The failure to listen on an address, with the likely cause and the flag that helps.
    /// - Parameters:
    ///   - host: the setting that names the address.
    ///   - port: the setting that names the port.
    init(cannotListenOn address: ListeningAddress, _ error: SystemError, host: Setting, port: Setting) {
        let place = host == .host ? "\(address)" : "\(address) for metrics"
        self.init(
            outcome: .unavailable,
            message: "cannot listen on \(place): " + StartFailure.cause(of: error, address, host: host, port: port))
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

import FoundationEssentials
import Glibc
import System
package import Text

/// What systemd says to a service in the environment: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3).
package struct SupervisorVariables: Sendable {
    /// A descriptor that was handed over.
    package struct Inherited: Hashable, Sendable {
        /// 3 or more; its user closes it.
        package let number: CInt
        /// `FileDescriptorName=` of the socket unit.
        package let name: String
    }

    /// `$NOTIFY_SOCKET`; nil when there is no service manager.
    package let notifySocket: String?
    /// `$WATCHDOG_USEC`, if it is meant for this process.
    package let watchdog: Duration?
    /// The descriptors of `$LISTEN_FDS`, if they are meant for this process.
    package let sockets: [Inherited]

    /// - Parameter process: the id that `WATCHDOG_PID` and `LISTEN_PID` must have to mean this process.
    package init(_ environment: [String: String], process: Int32) throws(Invalid) {
        notifySocket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        watchdog = try SupervisorVariables.watchdog(environment, process)
        sockets = try SupervisorVariables.sockets(environment, process)
    }

    /// Reads the variables and takes them out of the environment. Before the first thread starts: changing the
    /// environment is not safe beside another that reads it.
    package static func take() throws(Invalid) -> SupervisorVariables {
        let variables = try SupervisorVariables(ProcessInfo.processInfo.environment, process: getpid())
        for name in names { _ = unsafe unsetenv(name) }
        return variables
    }

    private static let names = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
    ]

    private static func watchdog(_ environment: [String: String], _ process: Int32) throws(Invalid) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return nil }
        // Without WATCHDOG_PID it is for every process.
        if let other = environment["WATCHDOG_PID"], Int32(other) != process { return nil }
        // A day is longer than any watchdog waits.
        guard let microseconds = Int64(text), (1...86_400_000_000).contains(microseconds) else {
            throw Invalid("WATCHDOG_USEC: \(text.shown) is not a number of microseconds up to a day")
        }
        return .microseconds(microseconds)
    }

    private static func sockets(_ environment: [String: String], _ process: Int32) throws(Invalid) -> [Inherited] {
        // Of another process that started this one.
        guard let owner = environment["LISTEN_PID"], Int32(owner) == process else { return [] }
        guard let text = environment["LISTEN_FDS"], let count = Int(text), (0...64).contains(count) else {
            throw Invalid("LISTEN_FDS: \((environment["LISTEN_FDS"] ?? "").shown) is not a number of descriptors")
        }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        return (0..<count).map { index in
            // SD_LISTEN_FDS_START of sd_listen_fds(3).
            Inherited(number: CInt(3 + index), name: index < names.count ? String(names[index]) : "")
        }
    }
}

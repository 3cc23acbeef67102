import Glibc
package import System

/// The socket that reports the state of a service to systemd: one datagram for each notice (sd_notify(3)).
package final class NotifySocket: Sendable {
    private let socket: Descriptor
    private let path: String

    /// - Parameter path: of `$NOTIFY_SOCKET`: absolute, or abstract with `@` in front.
    /// - Throws: when it is neither, or longer than the path of a socket can be.
    package init(path: String) throws(SystemError) {
        guard path.hasPrefix("/") || path.hasPrefix("@") else {
            throw SystemError("NOTIFY_SOCKET", code: EAFNOSUPPORT)
        }
        socket = try SocketAddress(unix: path, allowsAbstract: true).openSocket(SOCK_DGRAM)
        self.path = path
        // A notice must not be lost because the queue is full for a moment, and no loop may wait for long.
        try socket.setTimeout(SO_SNDTIMEO, to: .seconds(1))
    }

    /// Sends a notice. From any thread.
    /// - Throws: when it is not received.
    package func send(_ notice: Notice) throws(SystemError) {
        let address = try SocketAddress(unix: path, allowsAbstract: true)
        try address.send(Array(notice.text.utf8), on: socket, flags: notice == .alive ? CInt(MSG_DONTWAIT) : 0)
    }
}

/// A state that is reported to systemd.
package enum Notice: Hashable, Sendable {
    /// The service serves, or serves again after a reload; `systemctl status` shows the text.
    case ready(status: String)
    /// The service reads everything again, since that time on the monotonic clock.
    case reloading(microseconds: UInt64)
    /// The service drains.
    case stopping(status: String)
    /// Every loop has turned: for the watchdog.
    case alive

    /// The datagram: assignments, one a line.
    package var text: String {
        switch self {
        case .ready(let status): "READY=1\nSTATUS=\(Notice.line(status))"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=reloading"
        case .stopping(let status): "STOPPING=1\nSTATUS=\(Notice.line(status))"
        case .alive: "WATCHDOG=1"
        }
    }

    /// A line feed would begin another assignment.
    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}

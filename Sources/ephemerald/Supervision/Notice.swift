/// What systemd is told.
package enum Notice: Hashable, Sendable {
    /// Serving, or serving again behind a reload; the words are for `systemctl status`.
    case ready(status: String)
    /// Reading everything anew, since that time on the monotonic clock.
    case reloading(microseconds: UInt64)
    /// Draining.
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

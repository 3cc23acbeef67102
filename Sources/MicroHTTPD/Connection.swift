internal import CLinux
import Glibc
import HTTP

/// One client connection: who it is, and until when it must have finished what it is doing.
final class Connection {
    let peer: Peer
    let socket: CInt
    private let handle: ConnectionHandle
    /// When the connection is cut; nil while the answer is being made, which has a deadline of its own.
    var deadline: ContinuousClock.Instant?
    /// Whether a request has begun on it. A client that has just connected is about to send one.
    var hasAsked = false
    /// Whether a request is awaited or under way in, and no answer under way out.
    var isReading = true
    /// When it may next be looked at for being stuck, while a chunked body is received.
    var nextLook: ContinuousClock.Instant?
    /// How long it is left alone after the last look.
    var lookPause = Duration.zero
    /// Bytes that were unread when the last sweep found that the client sends no more; nil when it still did.
    private var unreadAtEnd: CInt?

    init(_ handle: ConnectionHandle, deadline: ContinuousClock.Instant) {
        self.handle = handle
        peer = handle.peer
        socket = handle.socket
        self.deadline = deadline
    }

    /// Whether the client has closed, or sends no more, while a request is awaited that cannot become complete: two
    /// sweeps find the end, and in between nothing was read of what the client had sent before it.
    ///
    /// libmicrohttpd does not see the end of a connection that ended before it was accepted, nor an end after data that
    /// it does not read.
    func isGone() -> Bool {
        // POLLRDHUP, which Glibc hides from Swift, reports the end also while there is data before it; recv(2) does not.
        var state = pollfd(fd: socket, events: Int16(EPOLLRDHUP.rawValue), revents: 0)
        guard isReading, unsafe poll(&state, 1, 0) == 1 else {
            unreadAtEnd = nil
            return false
        }
        var unread: CInt = 0
        // Fails only for what is not a socket; then the end itself is enough.
        _ = unsafe ioctl(socket, UInt(FIONREAD), &unread)
        defer { unreadAtEnd = unread }
        return unreadAtEnd == unread
    }

    /// Whether libmicrohttpd can still read from the client; see `ConnectionHandle.hasMemoryLeft()`.
    func hasMemoryLeft() -> Bool {
        handle.hasMemoryLeft()
    }

    /// Ends the connection by ending its socket's traffic; libmicrohttpd sees the end and cleans up, and it alone closes.
    ///
    /// It does not see the end of a socket that it has taken out of its epoll set, as it does with one that was
    /// suspended, and puts it back only to wait for data. Its own time limit ends such a connection.
    func cut() {
        // Fails only when the client has gone already.
        _ = shutdown(socket, CInt(SHUT_RDWR))
        handle.limitSilence(seconds: 1)
    }
}

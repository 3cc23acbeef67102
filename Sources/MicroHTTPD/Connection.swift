internal import CLinux
import Glibc
import HTTP

/// One client connection: who it is, and until when it must have finished what it is doing.
final class Connection {
    let peer: Peer
    let socket: CInt
    private let handle: ConnectionHandle
    /// When the connection is cut, as `EventLoop.nanoseconds`; never while the answer is being made, which has a deadline
    /// of its own.
    private var deadline: UInt64
    /// Whether a request has begun on it. A client that has just connected is about to send one.
    private(set) var hasAsked = false
    /// The request that has begun on it and is not over; HTTP/1.1 has one at a time.
    private(set) var exchange: Exchange?
    /// Whether a request is awaited or under way in, and no answer under way out.
    private var isReading = true
    /// Whether a chunked body is being received.
    private var hasChunks = false
    /// When it may next be looked at for being stuck, while a chunked body is received.
    private var nextLook: UInt64
    /// The pause after the last look, in nanoseconds.
    private var lookPause: UInt64 = 0
    /// Bytes that were unread when the last sweep found that the client sends no more; nil when it still did.
    private var unreadAtEnd: CInt?

    /// The pause from the start of a chunked body to the first look at its connection, in nanoseconds.
    private static let firstLook: UInt64 = 100_000_000
    /// The longest time between two looks. Each takes 64 bytes of the memory that an honest client with a large head
    /// needs for its chunks, so the pauses double up to this.
    private static let longestPause: UInt64 = 1_000_000_000

    init(_ handle: ConnectionHandle, deadline: UInt64) {
        self.handle = handle
        peer = handle.peer
        socket = handle.socket
        self.deadline = deadline
        nextLook = deadline
    }

    /// A request has begun to arrive.
    /// - Parameter deadline: until when it must be complete.
    func beginRequest(_ exchange: Exchange, deadline: UInt64) {
        self.exchange = exchange
        self.deadline = deadline
        hasAsked = true
    }

    /// The request has arrived, and its answer is being made.
    func awaitAnswer() {
        deadline = .max
        isReading = false
    }

    /// The answer is made.
    /// - Parameter deadline: until when it must be sent.
    func beginAnswer(deadline: UInt64) {
        self.deadline = deadline
    }

    /// The request and its answer are over.
    /// - Parameter deadline: until when the next request must begin.
    func endRequest(deadline: UInt64) {
        exchange = nil
        self.deadline = deadline
        isReading = true
    }

    /// Whether the connection is past its deadline.
    func isLate(at now: UInt64) -> Bool {
        deadline <= now
    }

    /// Whether the client has closed, or sends no more, while a request is awaited that cannot become complete: two
    /// sweeps find the end, and in between nothing was read of what the client had sent before it.
    ///
    /// libmicrohttpd does not see the end of a connection that ended before it was accepted, nor an end after data that
    /// it does not read.
    func isGone() -> Bool {
        guard isReading, hasEnd() else {
            unreadAtEnd = nil
            return false
        }
        var unread: CInt = 0
        // Fails only for what is not a socket; then the end itself is enough.
        _ = unsafe ioctl(socket, UInt(FIONREAD), &unread)
        defer { unreadAtEnd = unread }
        return unreadAtEnd == unread
    }

    /// Whether the client has closed, or sends no more, or the connection broke. Unread data before the end does not
    /// hide it.
    func hasEnd() -> Bool {
        // POLLRDHUP, which Glibc hides from Swift; recv(2) would not see past the data.
        var state = pollfd(fd: socket, events: Int16(EPOLLRDHUP.rawValue), revents: 0)
        return unsafe poll(&state, 1, 0) == 1
    }

    /// A chunked body begins.
    func beginChunks(at now: UInt64) {
        hasChunks = true
        lookPause = Connection.firstLook
        nextLook = now + lookPause
    }

    /// No chunked body is being received any more.
    /// - Returns: whether one was.
    func endChunks() -> Bool {
        defer { hasChunks = false }
        return hasChunks
    }

    /// Whether libmicrohttpd can read no more of the chunked body; see `ConnectionHandle.hasMemoryLeft()`. Looks rarely.
    func isStuck(at now: UInt64) -> Bool {
        guard hasChunks, nextLook <= now else { return false }
        lookPause = min(lookPause * 2, Connection.longestPause)
        nextLook = now + lookPause
        return !handle.hasMemoryLeft()
    }

    /// Ends the connection by ending its socket's traffic; libmicrohttpd sees the end, cleans up and closes.
    ///
    /// It does not see the end of a socket that it has taken out of its epoll set, as it does with one that was
    /// suspended, and puts it back only to wait for data. Its own time limit ends such a connection.
    func cut() {
        // Fails only when the client has gone already.
        _ = shutdown(socket, CInt(SHUT_RDWR))
        handle.limitSilence(seconds: 1)
    }
}

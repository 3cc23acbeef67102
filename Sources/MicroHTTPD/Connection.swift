import Glibc
import HTTP

/// One client connection: who it is, and until when it must have finished what it is doing.
final class Connection {
    let peer: Peer
    let socket: CInt
    /// When the connection is cut; nil while the answer is being made, which has a deadline of its own.
    var deadline: ContinuousClock.Instant?
    /// Whether a request has begun on it. A client that has just connected is about to send one.
    var hasAsked = false
    /// Whether a request is awaited or under way in, and no answer under way out.
    var isReading = true
    /// Whether the sweep has found the end of what the client sends already. Only when it finds it twice it cuts:
    /// a request that was read before may wait for its turn.
    private var hasEnded = false

    init(peer: Peer, socket: CInt, deadline: ContinuousClock.Instant) {
        self.peer = peer
        self.socket = socket
        self.deadline = deadline
    }

    /// Whether nothing that the client still owes can come: it has closed, or does not send any more.
    ///
    /// libmicrohttpd does not see the end of a connection that ended before it was accepted.
    func isGone() -> Bool {
        guard isReading else {
            hasEnded = false
            return false
        }
        var byte: UInt8 = 0
        let isAtEnd = unsafe recv(socket, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) == 0
        defer { hasEnded = isAtEnd }
        return isAtEnd && hasEnded
    }

    /// Ends the connection by ending its socket's traffic; libmicrohttpd sees the end and cleans up, and it alone closes.
    func cut() {
        // Fails only when the client has gone already.
        _ = shutdown(socket, CInt(SHUT_RDWR))
    }
}

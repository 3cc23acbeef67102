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

    init(peer: Peer, socket: CInt, deadline: ContinuousClock.Instant) {
        self.peer = peer
        self.socket = socket
        self.deadline = deadline
    }

    /// Ends the connection by ending its socket's traffic; libmicrohttpd sees the end and cleans up, and it alone closes.
    func cut() {
        // Fails only when the client has gone already.
        _ = shutdown(socket, CInt(SHUT_RDWR))
    }
}

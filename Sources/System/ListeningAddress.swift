import Glibc
import HTTP

/// Where a server listens.
package enum ListeningAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or address, and a port; 0 lets the kernel choose one. `::` accepts IPv4 as well.
    case tcp(host: String, port: UInt16)
    /// The path of a unix socket; one left behind by a process that has ended is replaced.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Opens a listening socket, not blocking, which no other process holds.
    /// - Parameter socketMode: permissions of the file of a unix socket, whatever the umask is.
    /// - Throws: the call that failed: `bind: Address already in use`.
    package func listen(socketMode: UInt32 = 0o660) throws(SystemError) -> Descriptor {
        switch self {
        case .tcp(let host, let port):
            try listenTCP(at: SocketAddress.resolving(host, port: port, isPassive: true)[0], isFirst: true)
        case .unix(let path): try listenUnix(path: path, mode: socketMode)
        }
    }

    /// Opens another socket for the address of `first`, so that two loops accept from one port: a further socket of its
    /// own for TCP, among which the kernel spreads connections (SO_REUSEPORT), a duplicate for a unix socket.
    package func listenAgain(beside first: borrowing Descriptor) throws(SystemError) -> Descriptor {
        switch self {
        case .tcp: try listenTCP(at: SocketAddress(of: first), isFirst: false)
        case .unix: try Descriptor(duplicating: first.number)
        }
    }

    /// Removes the file of a unix socket, so that nobody connects to it any more; does nothing for TCP.
    package func removeSocketFile() {
        guard case .unix(let path) = self else { return }
        // A file that has gone already is what is wanted.
        _ = unsafe unlink(path)
    }

    private func listenTCP(at address: SocketAddress, isFirst: Bool) throws(SystemError) -> Descriptor {
        let socket = try address.openSocket(SOCK_STREAM, SOCK_NONBLOCK)
        try socket.setOption(SO_REUSEADDR, to: CInt(1))
        // The first binds before it shares: bound as shared, it would join a port that another process listens on.
        if !isFirst { try socket.setOption(SO_REUSEPORT, to: CInt(1)) }
        try address.bind(socket)
        if isFirst { try socket.setOption(SO_REUSEPORT, to: CInt(1)) }
        _ = try check("listen", Glibc.listen(socket.number, ListeningAddress.backlog))
        return socket
    }

    private func listenUnix(path: String, mode: UInt32) throws(SystemError) -> Descriptor {
        let address = try SocketAddress(unix: path)
        let socket = try address.openSocket(SOCK_STREAM, SOCK_NONBLOCK)
        do {
            try address.bind(socket)
        } catch {
            guard error.code == EADDRINUSE, try isAbandonedSocket(path, address) else { throw error }
            _ = try unsafe check("unlink", unlink(path))
            try address.bind(socket)
        }
        // Nobody connects before listen(2), so what the umask left in the meantime lets nobody in.
        _ = try unsafe check("chmod", chmod(path, mode))
        _ = try check("listen", Glibc.listen(socket.number, ListeningAddress.backlog))
        return socket
    }

    /// Whether the file is a socket from which no process accepts connections.
    private func isAbandonedSocket(_ path: String, _ address: SocketAddress) throws(SystemError) -> Bool {
        guard try FileStatus(at: path, followsLinks: false).kind == .socket else { return false }
        let socket = try address.openSocket(SOCK_STREAM, SOCK_NONBLOCK)
        do {
            try address.connect(socket)
            return false
        } catch {
            // A full backlog has a process that serves it.
            return error.code != EAGAIN
        }
    }

    /// Connections that may wait to be accepted; the kernel lowers it to net.core.somaxconn.
    private static let backlog: CInt = 4_096
}

/// The port that a TCP socket is bound to.
package func boundPort(of socket: borrowing Descriptor) throws(SystemError) -> UInt16 {
    guard case .ip(_, let port)? = try SocketAddress(of: socket).peer else {
        throw SystemError("getsockname", code: EAFNOSUPPORT)
    }
    return port
}

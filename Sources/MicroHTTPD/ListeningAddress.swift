package import EventLoop
import Glibc
import HTTP

/// Where a server listens.
package enum ListeningAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or address, and a port; 0 lets the kernel choose one. `::` takes IPv4 as well.
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
            try listenTCP(at: SocketAddress(resolving: host, port: port), isFirst: true)
        case .unix(let path): try listenUnix(path: path, mode: socketMode)
        }
    }

    /// Opens another socket for the address of `first`, so that two loops accept from one port: a further socket of its
    /// own for TCP, among which the kernel spreads connections (SO_REUSEPORT), a duplicate for a unix socket.
    package func listenAgain(beside first: borrowing Descriptor) throws(SystemError) -> Descriptor {
        switch self {
        case .tcp: try listenTCP(at: SocketAddress(of: first), isFirst: false)
        case .unix: Descriptor(owning: try check("dup", fcntl(first.number, F_DUPFD_CLOEXEC, 0)))
        }
    }

    private func isSocket(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Removes the file of a unix socket, so that nobody connects to it any more; does nothing for TCP.
    package func removeSocketFile() {
        guard case .unix(let path) = self else { return }
        // A file that has gone already is what is wanted.
        _ = unsafe unlink(path)
    }

    private func listenTCP(at address: SocketAddress, isFirst: Bool) throws(SystemError) -> Descriptor {
        let socket = try address.openSocket()
        try set(SO_REUSEADDR, of: socket)
        // The first binds before it shares: bound as shared, it would join a port that another process listens on.
        if !isFirst { try set(SO_REUSEPORT, of: socket) }
        try address.bind(socket)
        if isFirst { try set(SO_REUSEPORT, of: socket) }
        _ = try check("listen", Glibc.listen(socket.number, ListeningAddress.backlog))
        return socket
    }

    private func listenUnix(path: String, mode: UInt32) throws(SystemError) -> Descriptor {
        let address = try SocketAddress(unix: path)
        let socket = try address.openSocket()
        do {
            try address.bind(socket)
        } catch {
            guard error.code == EADDRINUSE, isSocket(path), try !address.isServed() else { throw error }
            _ = try unsafe check("unlink", unlink(path))
            try address.bind(socket)
        }
        // Nobody connects before listen(2), so what the umask left in the meantime lets nobody in.
        _ = try unsafe check("chmod", chmod(path, mode))
        _ = try check("listen", Glibc.listen(socket.number, ListeningAddress.backlog))
        return socket
    }

    /// Connections that may wait to be accepted; the kernel lowers it to net.core.somaxconn.
    private static let backlog: CInt = 4_096

    private func set(_ option: CInt, of socket: borrowing Descriptor) throws(SystemError) {
        var on: CInt = 1
        _ = try unsafe check(
            "setsockopt", setsockopt(socket.number, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<CInt>.size)))
    }
}

/// The port a TCP socket is bound to.
package func boundPort(of socket: borrowing Descriptor) throws(SystemError) -> UInt16 {
    guard case .ip(_, let port)? = try SocketAddress(of: socket).peer else {
        throw SystemError("getsockname", code: EAFNOSUPPORT)
    }
    return port
}

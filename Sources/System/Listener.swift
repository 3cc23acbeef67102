import Glibc
import HTTP

/// The place where a server listens, with a socket for each of its loops: opened by us, or inherited from systemd.
package struct Listener: ~Copyable {
    /// Where it listens; the port is the real one, never 0.
    package let address: ListeningAddress
    /// Whether the socket goes on without us: its file is not ours to remove.
    package let isInherited: Bool
    private let socket: Descriptor

    /// Opens a socket which no other process holds.
    /// - Parameter socketMode: permissions of the file of a unix socket.
    /// - Throws: the call that failed: `bind: Address already in use`.
    package init(at address: ListeningAddress, socketMode: UInt32 = 0o660) throws(SystemError) {
        let socket = try address.listen(socketMode: socketMode)
        if case .tcp(let host, 0) = address {
            self.address = .tcp(host: host, port: try boundPort(of: socket))
        } else {
            self.address = address
        }
        self.socket = socket
        isInherited = false
    }

    /// Takes over a socket that another process opened and keeps open, and makes it not block and not be inherited
    /// again.
    ///
    /// Several loops then accept from the one socket. Each connection wakes all of them, and those that come late must
    /// not wait in accept(2) for the next one.
    package init(inheriting socket: consuming Descriptor) throws(UnusableSocket) {
        guard let type = Listener.option(SO_TYPE, of: socket) else {
            throw UnusableSocket(reason: errno == ENOTSOCK ? "it is not a socket" : "it is not open")
        }
        guard type == CInt(SOCK_STREAM.rawValue) else { throw UnusableSocket(reason: "it is not a stream socket") }
        guard Listener.option(SO_ACCEPTCONN, of: socket) == 1 else {
            throw UnusableSocket(reason: "it does not listen (Accept=yes hands over connections; write Accept=no)")
        }
        let own: SocketAddress
        do throws(SystemError) {
            own = try SocketAddress(of: socket)
            let flags = try check("fcntl", fcntl(socket.number, F_GETFL))
            _ = try check("fcntl", fcntl(socket.number, F_SETFL, flags | O_NONBLOCK))
            _ = try check("fcntl", fcntl(socket.number, F_SETFD, FD_CLOEXEC))
        } catch {
            throw UnusableSocket(reason: error.description)
        }
        switch own.peer {
        case .ip(let ip, let port): address = .tcp(host: ip.description, port: port)
        case .unix: address = .unix(path: own.path)
        case nil: throw UnusableSocket(reason: "it is neither an IP nor a unix socket")
        }
        self.socket = socket
        isInherited = true
    }

    /// A further socket, for one more loop.
    package borrowing func another() throws(SystemError) -> Descriptor {
        isInherited ? try Descriptor(duplicating: socket.number) : try address.listenAgain(beside: socket)
    }

    /// The socket itself, for the first loop. Last: the others are made beside it.
    package consuming func first() -> Descriptor {
        socket
    }

    private static func option(_ name: CInt, of socket: borrowing Descriptor) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return unsafe getsockopt(socket.number, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}

/// Why a descriptor that was handed over cannot be listened on.
package struct UnusableSocket: Error, Hashable, Sendable {
    /// What it is instead.
    package let reason: String
}

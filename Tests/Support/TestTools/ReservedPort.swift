import Glibc
import System

/// A port of this machine on which nothing listens, for as long as this object lives: the kernel gives it to nobody else.
///
/// A server that sets SO_REUSEADDR, as redis-server does, may still be told to listen on it.
package final class ReservedPort: Sendable {
    package let number: UInt16
    private let socket: CInt

    /// Binds a socket to a port that the kernel chooses, for IPv6 and IPv4.
    package init() throws {
        socket = try check("socket", Glibc.socket(AF_INET6, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var isOn: CInt = 1
        _ = try check(
            "setsockopt",
            unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<CInt>.size)))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let number = socket
        let results = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe (bind(number, address, size), getsockname(number, address, &size))
            }
        }
        _ = try check("bind", results.0)
        _ = try check("getsockname", results.1)
        self.number = UInt16(bigEndian: address.sin6_port)
    }

    deinit {
        close(socket)
    }
}

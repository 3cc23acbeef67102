import Glibc
package import System

/// A listening TCP socket on 127.0.0.1, on a port that the kernel has chosen.
package struct Loopback: ~Copyable {
    package let descriptor: Descriptor
    package let port: UInt16

    package init(backlog: CInt = 512) throws {
        let descriptor = try Loopback.socket()
        let number = descriptor.number
        var address = Loopback.address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let results = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe (bind(number, address, size), listen(number, backlog), getsockname(number, address, &size))
            }
        }
        _ = try check("bind", results.0)
        _ = try check("listen", results.1)
        _ = try check("getsockname", results.2)
        port = UInt16(bigEndian: address.sin_port)
        self.descriptor = descriptor
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Gives the socket away.
    package consuming func take() -> Descriptor { descriptor }

    /// Connects, and waits until the server's kernel has accepted.
    package static func connect(to port: UInt16) throws -> Descriptor {
        let client = try socket()
        _ = try check("connect", connect(client.number, to: port))
        return client
    }

    /// Begins to connect and does not wait.
    package static func beginConnecting(to port: UInt16) throws -> Descriptor {
        let client = try socket(SOCK_NONBLOCK)
        _ = connect(client.number, to: port)
        return client
    }

    private static func socket(_ flags: __socket_type = SOCK_CLOEXEC) throws -> Descriptor {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | flags.rawValue)
        return Descriptor(owning: try check("socket", Glibc.socket(AF_INET, kind, 0)))
    }

    private static func connect(_ number: CInt, to port: UInt16) -> CInt {
        unsafe withUnsafePointer(to: address(port: port)) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

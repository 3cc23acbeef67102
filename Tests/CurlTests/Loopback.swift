import Glibc
import System

/// A TCP socket bound to 127.0.0.1 and a port of the kernel's choice, listening.
struct Loopback: ~Copyable {
    let descriptor: Descriptor
    let port: UInt16

    init(backlog: CInt = 512) throws {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = try check("socket", socket(AF_INET, kind, 0))
        let descriptor = Descriptor(owning: number)
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

    var url: String { "http://127.0.0.1:\(port)" }

    /// A port on which nobody listens.
    static func closedPort() throws -> UInt16 { try Loopback().port }

    /// Connects without waiting for it to succeed.
    static func connect(to port: UInt16) throws -> Descriptor {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let client = Descriptor(owning: try check("socket", socket(AF_INET, kind, 0)))
        var address = Loopback.address(port: port)
        let number = client.number
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return client
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

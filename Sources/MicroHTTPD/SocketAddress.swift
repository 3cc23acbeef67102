internal import CMicroHTTPD
import EventLoop
import Glibc
import HTTP

/// A `sockaddr` of any family, with its length.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    /// Resolves a name or address to the first address the system names for listening.
    init(resolving host: String, port: UInt16) throws(SystemError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        defer { unsafe freeaddrinfo(list) }
        guard code == 0, let first = unsafe list, let address = unsafe first.pointee.ai_addr else {
            if code == EAI_SYSTEM { throw SystemError("getaddrinfo") }
            throw SystemError("getaddrinfo", code: EADDRNOTAVAIL, message: unsafe String(cString: gai_strerror(code)))
        }
        length = unsafe first.pointee.ai_addrlen
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
    }

    /// - Throws: ENAMETOOLONG for a path of more than 107 bytes, the limit of `sockaddr_un`.
    init(unix path: String) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError("bind", code: ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe withUnsafeBytes(of: address) { unsafe bytes.copyMemory(from: $0) }
        }
    }

    /// The address that a socket is bound to.
    init(of socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(number, $0, &length) }
        }
        self.length = length
        _ = try check("getsockname", result)
    }

    /// An address and a port, or a unix socket; nil for another family.
    var peer: Peer? {
        unsafe withAddress { address, _ in unsafe Peer(address) }
    }

    /// The path of a unix socket, an abstract one with `@` in front as systemd writes it; empty for an unnamed one.
    var path: String {
        let used = max(0, Int(length) - MemoryLayout<sa_family_t>.size)
        return unsafe withUnsafeBytes(of: storage) { bytes in
            let path = unsafe bytes.dropFirst(MemoryLayout<sa_family_t>.size).prefix(used)
            guard unsafe path.first == 0 else { return unsafe String(decoding: path.prefix { $0 != 0 }, as: UTF8.self) }
            return unsafe "@" + String(decoding: path.dropFirst(), as: UTF8.self)
        }
    }

    /// Opens a stream socket of the address's family: close-on-exec, not blocking, IPv4 as well when it is IPv6.
    func openSocket() throws(SystemError) -> Descriptor {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = Descriptor(owning: try check("socket", socket(CInt(storage.ss_family), type, 0)))
        if storage.ss_family == sa_family_t(AF_INET6) {
            var off: CInt = 0
            _ = try unsafe check(
                "setsockopt",
                setsockopt(
                    socket.number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<CInt>.size)))
        }
        return socket
    }

    func bind(_ socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        let result = unsafe withAddress { address, length in unsafe Glibc.bind(number, address, length) }
        _ = try check("bind", result)
    }

    /// Whether somebody accepts connections at the address.
    func isServed() throws(SystemError) -> Bool {
        let socket = try openSocket()
        let number = socket.number
        return unsafe withAddress { address, length in unsafe connect(number, address, length) } == 0 || errno == EAGAIN
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}

extension Peer {
    /// Nil for a family that is neither IP nor unix(7).
    init?(_ address: UnsafePointer<sockaddr>) {
        switch CInt(unsafe address.pointee.sa_family) {
        case AF_INET:
            self = unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                unsafe .ip(
                    IPAddress(v4: UInt32(bigEndian: v4.pointee.sin_addr.s_addr)),
                    port: UInt16(bigEndian: v4.pointee.sin_port))
            }
        case AF_INET6:
            self = unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                let bits = unsafe withUnsafeBytes(of: v6.pointee.sin6_addr) { bytes in
                    unsafe bytes.loadUnaligned(as: UInt128.self)
                }
                return unsafe .ip(
                    IPAddress(bits: UInt128(bigEndian: bits)), port: UInt16(bigEndian: v6.pointee.sin6_port))
            }
        case AF_UNIX: self = .unix
        default: return nil
        }
    }
}

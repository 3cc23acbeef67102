import EventLoop
import Glibc

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
            throw SystemError("getaddrinfo", code: code == EAI_SYSTEM ? errno : EADDRNOTAVAIL)
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

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}

package import Glibc
package import HTTP

/// A `sockaddr` of any family, with its length, and the calls that take one.
package struct SocketAddress {
    /// Bytes of the longest path of a unix socket: `sun_path` of unix(7) has 108, one of them for the NUL at the end.
    package static let longestPath = 107

    private var storage = sockaddr_storage()
    private let length: socklen_t

    /// The addresses of a host, in the order in which the system wants them to be tried: getaddrinfo(3). Never empty.
    /// - Parameter isPassive: whether they are to listen on.
    package static func resolving(
        _ host: String, port: UInt16, isPassive: Bool
    ) throws(SystemError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICSERV | (isPassive ? AI_PASSIVE : 0)
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        if code == EAI_SYSTEM { throw SystemError("getaddrinfo") }
        guard code == 0 else {
            throw SystemError("getaddrinfo", code: EADDRNOTAVAIL, message: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next?.pointee {
            if let address = unsafe entry.ai_addr {
                unsafe addresses.append(SocketAddress(copying: address, length: entry.ai_addrlen))
            }
            unsafe next = entry.ai_next
        }
        guard !addresses.isEmpty else { throw SystemError("getaddrinfo", code: EADDRNOTAVAIL) }
        return addresses
    }

    private init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = length
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
    }

    /// - Parameters:
    ///   - path: 1 to `longestPath` bytes.
    ///   - allowsAbstract: whether `@` at the beginning means NUL, as systemd writes an abstract name.
    /// - Throws: ENAMETOOLONG for a longer path.
    package init(unix path: String, allowsAbstract: Bool = false) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        guard (1...SocketAddress.longestPath).contains(name.count) else {
            throw SystemError("unix socket", code: name.isEmpty ? EINVAL : ENAMETOOLONG)
        }
        var length = MemoryLayout<sockaddr_un>.size
        if allowsAbstract, name[0] == UInt8(ascii: "@") {
            // An abstract name begins with NUL and has no end but its length (unix(7)).
            name[0] = 0
            length = MemoryLayout<sa_family_t>.size + name.count
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        self.length = socklen_t(length)
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe withUnsafeBytes(of: address) { unsafe bytes.copyMemory(from: $0) }
        }
    }

    /// The address that a socket is bound to.
    package init(of socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(number, $0, &length) }
        }
        self.length = length
        _ = try check("getsockname", result)
    }

    /// An address and a port, or a unix socket; nil for another family.
    package var peer: Peer? {
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

    /// Opens a close-on-exec socket of the address's family; one for IPv6 accepts IPv4 as well.
    /// - Parameter kind: `SOCK_STREAM` or `SOCK_DGRAM`, perhaps with `SOCK_NONBLOCK`.
    package func openSocket(_ kind: __socket_type...) throws(SystemError) -> Descriptor {
        let type = kind.reduce(SOCK_CLOEXEC.rawValue) { $0 | $1.rawValue }
        let socket = Descriptor(owning: try check("socket", socket(CInt(storage.ss_family), CInt(type), 0)))
        if storage.ss_family == sa_family_t(AF_INET6) {
            try socket.setOption(IPV6_V6ONLY, level: CInt(IPPROTO_IPV6), to: CInt(0))
        }
        return socket
    }

    /// Gives the socket this address.
    func bind(_ socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        let result = unsafe withAddress { address, length in unsafe Glibc.bind(number, address, length) }
        _ = try check("bind", result)
    }

    /// Connects the socket to this address.
    package func connect(_ socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        let result = unsafe withAddress { address, length in unsafe Glibc.connect(number, address, length) }
        _ = try check("connect", result)
    }

    /// Sends a datagram to this address.
    /// - Parameter flags: those of sendto(2); MSG_NOSIGNAL is always set.
    package func send(_ bytes: [UInt8], on socket: borrowing Descriptor, flags: CInt = 0) throws(SystemError) {
        let number = socket.number
        let count = unsafe withAddress { address, length in
            unsafe sendto(number, bytes, bytes.count, flags | CInt(MSG_NOSIGNAL), address, length)
        }
        _ = try check("sendto", count)
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}

extension Descriptor {
    /// Sets an option of a socket: socket(7).
    package func setOption<Value: BitwiseCopyable>(
        _ name: CInt, level: CInt = SOL_SOCKET, to value: Value
    ) throws(SystemError) {
        let number = number
        let result = unsafe withUnsafeBytes(of: value) { bytes in
            unsafe setsockopt(number, level, name, bytes.baseAddress, socklen_t(bytes.count))
        }
        _ = try check("setsockopt", result)
    }

    /// Sets SO_RCVTIMEO or SO_SNDTIMEO: how long a call on a socket may wait.
    /// - Parameter limit: at least a microsecond, since 0 means for ever.
    package func setTimeout(_ name: CInt, to limit: Duration) throws(SystemError) {
        let parts = limit.components
        // The two members of a `timeval`, which Swift finds in one module or another, depending on a file's imports.
        let time = (Int(parts.seconds), max(1, Int(parts.attoseconds / 1_000_000_000_000)))
        try setOption(name, to: time)
    }
}

extension Peer {
    /// Nil for a family that is neither IP nor unix(7).
    package init?(_ address: UnsafePointer<sockaddr>) {
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

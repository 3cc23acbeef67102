import EventLoop
import Glibc

/// A blocking socket with a deadline.
struct ProbeSocket: ~Copyable {
    private let descriptor: Descriptor

    /// Connects to the first address of the host that answers.
    init(host: String, port: UInt16, deadline: ContinuousClock.Instant) throws(HealthProbe.Failure) {
        descriptor = try ProbeSocket.connect(host: host, port: port, deadline: deadline)
    }

    /// Connects to a unix socket.
    init(path: String, deadline: ContinuousClock.Instant) throws(HealthProbe.Failure) {
        descriptor = try ProbeSocket.connect(path: path, deadline: deadline)
    }

    private static func connect(
        host: String, port: UInt16, deadline: ContinuousClock.Instant
    ) throws(HealthProbe.Failure) -> Descriptor {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else {
            throw HealthProbe.Failure(reason: "the host is not known")
        }
        defer { unsafe freeaddrinfo(list) }
        var next = unsafe list
        var reason = "no address answers"
        while let entry = unsafe next?.pointee {
            do throws(HealthProbe.Failure) {
                let descriptor = try unsafe open(entry.ai_family)
                try setTimeouts(descriptor, deadline: deadline)
                guard unsafe Glibc.connect(descriptor.number, entry.ai_addr, entry.ai_addrlen) == 0 else {
                    throw lastError()
                }
                return descriptor
            } catch {
                reason = error.reason
            }
            unsafe next = entry.ai_next
        }
        throw HealthProbe.Failure(reason: reason)
    }

    private static func connect(
        path: String, deadline: ContinuousClock.Instant
    ) throws(HealthProbe.Failure) -> Descriptor {
        let descriptor = try open(AF_UNIX)
        try setTimeouts(descriptor, deadline: deadline)
        let number = descriptor.number
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The reader of HOST admits no path that does not fit with its end.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in unsafe bytes.copyBytes(from: path.utf8) }
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.connect(number, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw lastError() }
        return descriptor
    }

    private static func open(_ family: Int32) throws(HealthProbe.Failure) -> Descriptor {
        let number = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw lastError() }
        return Descriptor(owning: number)
    }

    func send(_ text: String, deadline: ContinuousClock.Instant) throws(HealthProbe.Failure) {
        try ProbeSocket.setTimeouts(descriptor, deadline: deadline)
        let bytes = Array(text.utf8)
        // The request fits any socket's buffer, so it goes at once or not at all.
        let count = unsafe Glibc.send(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count == bytes.count else { throw ProbeSocket.lastError() }
    }

    /// The answer up to the end of its first line.
    func firstLine(deadline: ContinuousClock.Instant) throws(HealthProbe.Failure) -> String {
        var answer: [UInt8] = []
        while true {
            if let end = answer.firstIndex(of: 0x0D) { return String(decoding: answer[..<end], as: UTF8.self) }
            guard answer.count < 1024 else { throw HealthProbe.Failure(reason: "the answer is no HTTP") }
            try ProbeSocket.setTimeouts(descriptor, deadline: deadline)
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = unsafe recv(descriptor.number, &buffer, buffer.count, 0)
            guard count >= 0 else { throw ProbeSocket.lastError() }
            guard count > 0 else { throw HealthProbe.Failure(reason: "the connection was closed without an answer") }
            answer += buffer[..<count]
        }
    }

    /// What is left until the deadline is the limit of each call, so that all of them together keep it.
    private static func setTimeouts(
        _ descriptor: borrowing Descriptor, deadline: ContinuousClock.Instant
    ) throws(HealthProbe.Failure) {
        let left = ContinuousClock.now.duration(to: deadline).components
        guard left.seconds >= 0, left.attoseconds > 0 || left.seconds > 0 else {
            throw HealthProbe.Failure(reason: "no answer in time")
        }
        // Zero would mean forever.
        var time = timeval(tv_sec: Int(left.seconds), tv_usec: max(1, Int(left.attoseconds / 1_000_000_000_000)))
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard unsafe setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &time, size) == 0,
            unsafe setsockopt(descriptor.number, SOL_SOCKET, SO_SNDTIMEO, &time, size) == 0
        else { throw lastError() }
    }

    private static func lastError() -> HealthProbe.Failure {
        let code = errno
        guard code != EAGAIN, code != EINPROGRESS else { return HealthProbe.Failure(reason: "no answer in time") }
        return HealthProbe.Failure(reason: unsafe String(cString: strerror(code)))
    }
}

package import EventLoop
import Glibc

/// The socket on which systemd hears how a service is: one datagram for each notice (sd_notify(3)).
package final class NotifySocket: Sendable {
    private let descriptor: Descriptor
    private let path: String

    /// - Parameter path: of `$NOTIFY_SOCKET`: absolute, or abstract with `@` in front.
    /// - Throws: when it is neither, or longer than `sockaddr_un` takes.
    package init(path: String) throws(SystemError) {
        guard path.hasPrefix("/") || path.hasPrefix("@") else {
            throw SystemError("NOTIFY_SOCKET", code: EAFNOSUPPORT)
        }
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw SystemError("NOTIFY_SOCKET", code: ENAMETOOLONG)
        }
        let type = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = Descriptor(owning: try check("socket", socket(AF_UNIX, type, 0)))
        self.path = path
        // A state must not be lost because the queue is full for a moment; no loop may wait for long either.
        // The two words of a timeval, which Swift hides here.
        var limit: (seconds: Int, microseconds: Int) = (1, 0)
        let result = unsafe setsockopt(
            descriptor.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<(Int, Int)>.size))
        _ = try check("setsockopt", result)
    }

    /// Sends a notice. From any thread.
    /// - Throws: when nobody takes it.
    package func send(_ notice: Notice) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // An abstract name begins with NUL and has no end but its length (unix(7)).
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = Array(notice.text.utf8)
        let flags = CInt(MSG_NOSIGNAL) | (notice == .alive ? CInt(MSG_DONTWAIT) : 0)
        let count = unsafe withUnsafePointer(to: address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe sendto(descriptor.number, text, text.count, flags, address, length)
            }
        }
        _ = try check("sendto", count)
    }
}

import CCurl
import EventLoop
import Glibc

/// The sockets of a multi handle, watched by the event loop as libcurl wants.
///
/// libcurl wants a socket watched when a transfer begins, and no longer when it ends. Between two transfers on one
/// connection the watch is kept, which saves two system calls a transfer. That is safe only for a socket that is opened
/// and closed here: another may be closed without a word, and its number be that of the next.
final class SocketWatches {
    private struct Entry {
        /// nil when the socket is not in the loop's epoll set.
        var watch: Watch?
        var interest: Readiness
        /// Whether libcurl wants to know what happens.
        var isWanted = false
        /// Whether the socket was opened here.
        let isOurs: Bool
    }

    private let loop: EventLoop
    private var entries: [curl_socket_t: Entry] = [:]
    /// Called with CURL_CSELECT_ bits.
    var onReady: (curl_socket_t, CInt) -> Void = { _, _ in }

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// - Returns: CURL_SOCKET_BAD on failure.
    func open(_ family: CInt, _ type: CInt, _ protocol: CInt) -> curl_socket_t {
        let socket = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), `protocol`)
        if socket >= 0 { entries[socket] = Entry(interest: .readable, isOurs: true) }
        return socket
    }

    /// - Returns: 0, or -1 on failure.
    func close(_ socket: curl_socket_t) -> CInt {
        entries.removeValue(forKey: socket)?.watch?.end()
        return Glibc.close(socket)
    }

    /// - Parameter interest: a CURL_POLL_ constant.
    func watch(_ socket: curl_socket_t, for interest: CInt) {
        var entry = entries[socket] ?? Entry(interest: .readable, isOurs: false)
        if interest == CURL_POLL_REMOVE {
            entry.isWanted = false
            if !entry.isOurs { return forget(socket) }
        } else {
            entry.isWanted = true
            adjust(&entry, of: socket, to: Readiness(interest))
        }
        entries[socket] = entry
    }

    /// Ends all watches; the sockets stay open.
    func end() {
        for socket in entries.keys { entries[socket]?.watch?.end() }
        entries = [:]
    }

    private func adjust(_ entry: inout Entry, of socket: curl_socket_t, to interest: Readiness) {
        // The loop fails here when the kernel is out of memory. The transfer then ends at its deadline; to tell libcurl
        // would end every transfer of the handle.
        if let watch = entry.watch {
            if entry.interest != interest { try? watch.change(to: interest) }
        } else {
            entry.watch = try? loop.watch(socket, for: interest) { [unowned self] in report(socket, $0) }
        }
        entry.interest = interest
    }

    private func forget(_ socket: curl_socket_t) {
        entries.removeValue(forKey: socket)?.watch?.end()
    }

    private func report(_ socket: curl_socket_t, _ readiness: Readiness) {
        guard let entry = entries[socket] else { return }
        if entry.isWanted { return onReady(socket, readiness.selectBits) }
        // A connection between two transfers: the server has closed it, or sent what libcurl reads with the next one.
        // The loop would report that for ever.
        entry.watch?.end()
        entries[socket]?.watch = nil
    }
}

// Bit by bit: the operations of `OptionSet` are generic, and were a fifth of what a transfer takes here.
extension Readiness {
    /// The readiness for CURL_POLL_IN, CURL_POLL_OUT or CURL_POLL_INOUT.
    fileprivate init(_ interest: CInt) {
        let reading = interest & CURL_POLL_IN != 0 ? Readiness.readable.rawValue : 0
        let writing = interest & CURL_POLL_OUT != 0 ? Readiness.writable.rawValue : 0
        self.init(rawValue: reading | writing)
    }

    fileprivate var selectBits: CInt {
        let failed = Readiness.error.rawValue | Readiness.hangUp.rawValue
        return (rawValue & Readiness.readable.rawValue != 0 ? CURL_CSELECT_IN : 0)
            | (rawValue & Readiness.writable.rawValue != 0 ? CURL_CSELECT_OUT : 0)
            | (rawValue & failed != 0 ? CURL_CSELECT_ERR : 0)
    }
}

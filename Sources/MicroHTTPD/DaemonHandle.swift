internal import CLinux
internal import CMicroHTTPD
import Glibc
import System

/// A running libmicrohttpd daemon in external epoll mode, and the listening socket it accepts from.
@safe struct DaemonHandle: ~Copyable {
    private let handle: OpaquePointer
    /// Nil once the daemon accepts no more.
    private var socket: Descriptor?
    private let logger: UnsafeMutablePointer<clinux_logger>
    /// Readable when `run()` has something to do.
    let epollDescriptor: CInt

    static let version = unsafe MHD_get_version().map { unsafe String(cString: $0) } ?? "unknown"

    /// - Parameter context: reaches every callback; must outlive the daemon.
    init(
        listeningOn socket: consuming Descriptor, settings: ServerSettings, context: UnsafeMutableRawPointer
    ) throws(SystemError) {
        let logger = UnsafeMutablePointer<clinux_logger>.allocate(capacity: 1)
        unsafe logger.initialize(to: clinux_logger(context: context, write: messageLogged))
        errno = 0
        let handle = unsafe mhd_start(
            socket.number, settings.connectionMemory, UInt32(settings.maxConnections), context, logger,
            targetArrived, requestArrived, requestCompleted, connectionChanged)
        guard let handle = unsafe handle else {
            unsafe logger.deallocate()
            throw SystemError("MHD_start_daemon")
        }
        guard let descriptor = unsafe mhd_epoll_descriptor(handle)?.pointee.epoll_fd else {
            preconditionFailure("a daemon started with MHD_USE_EPOLL has an epoll descriptor")
        }
        unsafe self.handle = handle
        self.socket = consume socket
        unsafe self.logger = logger
        epollDescriptor = descriptor
    }

    deinit {
        // MHD_stop_daemon would shut the socket down for every process that has it.
        if socket != nil { _ = unsafe MHD_quiesce_daemon(handle) }
        // Every connection has been resumed by now, or this call aborts the process.
        unsafe MHD_stop_daemon(handle)
        unsafe logger.deallocate()
    }

    /// Reads, calls the callbacks and writes, once.
    /// - Parameter milliseconds: how long it waits for something to do; -1 for ever.
    /// - Returns: whether there is more to do at once.
    func run(milliseconds: CInt) -> Bool {
        // Refused only without MHD_USE_EPOLL. MHD_run ignores other failures as well.
        _ = unsafe MHD_run_wait(handle, milliseconds)
        var timeout: CUnsignedLongLong = 0
        return unsafe MHD_get_timeout(handle, &timeout) == .YES && timeout == 0
    }

    /// Whether a client has connected that is not accepted yet.
    var hasClientWaiting: Bool {
        switch socket {
        case .some(let listening):
            var question = pollfd(fd: listening.number, events: Int16(POLLIN), revents: 0)
            return unsafe poll(&question, 1, 0) == 1
        case nil: return false
        }
    }

    /// Stops accepting and closes the listening socket. `MHD_stop_daemon` would shut it down, and so end it for every
    /// process that has inherited it.
    mutating func quiesce() {
        let number = unsafe MHD_quiesce_daemon(handle)
        assert(number != -1, "MHD_quiesce_daemon hands the socket back, once")
        socket = nil
    }
}

/// The limits of a server. All of them protect it from its clients; none depends on what is served.
package struct ServerSettings: Sendable {
    /// Bytes a request body may have; more is a defect (413).
    package var maxBody = 65_536
    /// Bytes that a request line and its field lines may have together; more is a defect (431).
    package var maxHead = 16_384
    /// Bytes of memory for the heads of one request and its answer, with libmicrohttpd's own bookkeeping. A head that
    /// needs nearly all of it leaves no room for an answer, so this is well above `maxHead`; a head that needs more
    /// gets the library's own 431.
    package var connectionMemory = 24_576
    /// Open connections per server; beyond it new ones wait in the kernel's backlog.
    package var maxConnections = 8_192
    /// From the first byte a request needs to its last, and from the first of the answer to its last: libmicrohttpd's
    /// own time limit starts again with every byte.
    package var exchangeTimeout: Duration = .seconds(10)
    /// How long a connection may be silent between requests; longer than proxies keep theirs (nginx: 60 s), so that they
    /// close first.
    package var idleTimeout: Duration = .seconds(75)

    /// The default of each member.
    package init() {}
}

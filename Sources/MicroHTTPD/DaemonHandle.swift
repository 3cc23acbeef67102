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

    /// Stops accepting and closes the listening socket. `MHD_stop_daemon` would shut it down, and so end it for every
    /// process that has inherited it.
    mutating func quiesce() {
        let number = unsafe MHD_quiesce_daemon(handle)
        assert(number != -1, "MHD_quiesce_daemon hands the socket back, once")
        socket = nil
    }
}

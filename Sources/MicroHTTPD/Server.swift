package import EventLoop
package import HTTP

/// An HTTP/1.1 server: libmicrohttpd on an event loop, behind one `async` function from request to response.
///
/// The function runs on the loop's thread. It is called once for each request, defective ones included
/// (`Request.defect`); requests that libmicrohttpd itself cannot parse it answers itself, with 400, 414, 431 or 505 in
/// HTML, and closes. Everything here happens on the loop's thread.
package final class Server: @unchecked Sendable {
    // `@unchecked`: all state belongs to the thread of `loop`.
    let loop: EventLoop
    let settings: ServerSettings
    let respond: @Sendable (Request) async -> Response
    private let message: @Sendable (String) -> Void

    var daemon: Daemon?
    var watch: Watch?
    var sweep: Timer?
    var isTurnPending = false
    /// How many turns in a row have moved nothing, though the library wanted each of them.
    var idleTurns = 0
    /// The next turn while turns move nothing.
    var rest: Timer?
    /// The calls of libmicrohttpd so far.
    var calls: UInt = 0
    var connections: [ObjectIdentifier: Connection] = [:]
    /// Those on which a chunked body is being received.
    var chunkedConnections: [ObjectIdentifier: Connection] = [:]
    var accepted = 0
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    /// Every answer is the last one on its connection.
    var isLeaving = false
    var isDraining = false
    /// Until when a drain waits for the first request of a connection.
    var patienceEnds = ContinuousClock.now
    /// Answers everything from now on: the time of the drain is over.
    var lastAnswer: (@Sendable (Request) -> Response)?
    var drained: CheckedContinuation<Void, Never>?

    /// libmicrohttpd's own version, for `--version`: `0.9.75`.
    package static var version: String { Daemon.version }

    /// Starts to accept connections, once the loop runs.
    /// - Parameters:
    ///   - socket: bound and listening; the server owns it from now on.
    ///   - message: takes libmicrohttpd's diagnostics, one line each.
    /// - Throws: when libmicrohttpd does not start (memory, descriptors) or its descriptor cannot be watched.
    package init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, settings: ServerSettings = ServerSettings(),
        message: @escaping @Sendable (String) -> Void = { _ in },
        respond: @escaping @Sendable (Request) async -> Response
    ) throws(SystemError) {
        self.loop = loop
        self.settings = settings
        self.message = message
        self.respond = respond
        let daemon = try unsafe Daemon(
            listeningOn: socket, settings: settings, context: Unmanaged.passUnretained(self).toOpaque())
        watch = try loop.watch(daemon.epollDescriptor, for: .readable) { [unowned self] _ in turn(isWoken: true) }
        self.daemon = consume daemon
        scheduleSweep()
        scheduleTurn()
    }

    deinit {
        // libmicrohttpd aborts when it is stopped with a suspended connection; without requests there is none.
        precondition(exchanges.isEmpty, "a server that has served is drained before it is let go")
        sweep?.cancel()
        rest?.cancel()
        watch?.end()
    }

    func log(_ line: String) {
        message(line.hasSuffix("\n") ? String(line.dropLast()) : line)
    }
}

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
    private let respond: @Sendable (Request) async -> Response
    private let message: @Sendable (String) -> Void

    var daemon: Daemon?
    var watch: Watch?
    var sweep: Timer?
    private var isTurnPending = false
    var connections: [ObjectIdentifier: Connection] = [:]
    var accepted = 0
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    /// Every answer is the last one on its connection.
    var isLeaving = false
    var isDraining = false
    /// Until when a drain waits for the first request of a connection.
    var patienceEnds = ContinuousClock.now
    /// Answers everything from now on: the time of the drain is over.
    var lastAnswer: Response?
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
        watch = try loop.watch(daemon.epollDescriptor, for: .readable) { [unowned self] _ in turn() }
        self.daemon = consume daemon
        scheduleSweep()
        scheduleTurn()
    }

    deinit {
        // libmicrohttpd aborts when it is stopped with a suspended connection; without requests there is none.
        precondition(exchanges.isEmpty, "a server that has served is drained before it is let go")
        sweep?.cancel()
        watch?.end()
    }

    func log(_ line: String) {
        message(line.hasSuffix("\n") ? String(line.dropLast()) : line)
    }

    // MARK: The library's turn

    /// Lets libmicrohttpd read, call us, and write; again in the next round while it has more to do.
    func turn() {
        isTurnPending = false
        if daemon?.run() == true { scheduleTurn() }
        // At once: a further turn may take another request from a connection that was idle, and suspend it.
        if isDraining, exchanges.isEmpty, !awaitsFirstRequest { end() }
    }

    func scheduleTurn() {
        guard !isTurnPending else { return }
        isTurnPending = true
        loop.submit { [weak self] in self?.turn() }
    }

    /// Cuts what is past its deadline, and who has gone. Once a second is exact enough for deadlines of ten.
    private func scheduleSweep() {
        sweep = loop.after(.seconds(1)) { [unowned self] in
            for connection in connections.values {
                let isLate = connection.deadline.map { $0 <= loop.now } ?? false
                if connection.isGone() || isLate { connection.cut() }
            }
            // Out of descriptors, libmicrohttpd stops accepting, and looks again only when it is run.
            scheduleTurn()
            scheduleSweep()
        }
    }

    // MARK: Connections and requests, as the callbacks report them

    func accept(_ handle: ConnectionHandle) -> Connection {
        let connection = Connection(
            peer: handle.peer, socket: handle.socket, deadline: loop.now + settings.exchangeTimeout)
        connections[ObjectIdentifier(connection)] = connection
        accepted += 1
        return connection
    }

    func forget(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func begin(target: UnsafePointer<CChar>, on connection: Connection) -> Exchange {
        let exchange = unsafe Exchange(
            target: String(cString: target), at: UInt(bitPattern: target), connection: connection)
        exchanges[ObjectIdentifier(exchange)] = exchange
        connection.deadline = loop.now + settings.exchangeTimeout
        connection.hasAsked = true
        return exchange
    }

    func complete(_ exchange: Exchange) {
        exchange.task?.cancel()
        exchanges[ObjectIdentifier(exchange)] = nil
        exchange.connection.deadline = loop.now + settings.idleTimeout
        exchange.connection.isReading = true
    }

    // MARK: Answering

    /// Starts the task that makes the answer. It may be there when this returns.
    func answer(_ exchange: Exchange) {
        exchange.phase = .responding
        exchange.connection.deadline = nil
        exchange.connection.isReading = false
        if let lastAnswer { return finish(exchange, with: lastAnswer) }
        let request = exchange.request
        exchange.task = Task.immediate(executorPreference: loop) { [self] in
            let response = await respond(request)
            finish(exchange, with: response)
        }
    }

    /// Hands the answer over; does nothing when there is one already.
    func finish(_ exchange: Exchange, with response: Response) {
        guard exchange.phase == .responding else { return }
        exchange.phase = .answered
        exchange.response = response
        exchange.connection.deadline = loop.now + settings.exchangeTimeout
        guard let handle = exchange.suspended else { return }
        exchange.suspended = nil
        handle.resume()
        scheduleTurn()
    }
}

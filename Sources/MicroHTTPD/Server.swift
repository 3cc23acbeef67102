package import EventLoop
package import HTTP
package import System

/// An HTTP/1.1 server: libmicrohttpd on an event loop, behind one function from request to reply.
///
/// The function runs on the loop's thread. It is called once for each request, defective ones included
/// (`Request.defect`); requests that libmicrohttpd itself cannot parse it answers itself, with 400, 414, 431 or 505 in
/// HTML, and closes. Everything here happens on the loop's thread.
package final class Server: @unchecked Sendable {
    // `@unchecked`: all state belongs to the thread of `loop`.
    let loop: EventLoop
    let settings: ServerSettings
    /// Those of the settings, in nanoseconds.
    private let timeouts: (exchange: UInt64, idle: UInt64)
    /// How far the server is on its way to its end.
    let ending = Ending()
    private let reply: @Sendable (Request) -> Reply
    private let swept: @Sendable () -> Void
    private let message: @Sendable (String) -> Void

    private var daemon: DaemonHandle?
    private var waiting: Waiting?
    private var sweep: Timer?
    private var isTurnPending = false
    /// Turns in a row that moved nothing, though the library wanted each of them.
    private var idleTurns = 0
    /// Turns in a row that left a client waiting and had nothing else to do.
    private var deafTurns = 0
    /// The next turn while turns move nothing.
    private var rest: Timer?
    /// The calls of libmicrohttpd so far.
    private var calls: UInt = 0
    /// The library's responses that are not in use.
    var shelf = ResponseShelf()
    private(set) var connections: [ObjectIdentifier: Connection] = [:]
    /// Those on which a chunked body is being received.
    private var chunkedConnections: [ObjectIdentifier: Connection] = [:]
    private(set) var accepted = 0
    /// Requests that have begun and are not over. Each is held by its connection.
    private var exchangeCount = 0

    /// Turns that may move nothing before the next one has to wait. A long head is read in a few such turns.
    private static let idleTurnsAllowed = 3

    /// libmicrohttpd's own version, for `--version`: `0.9.75`.
    package static var version: String { DaemonHandle.version }

    /// Starts to accept connections, once the loop runs.
    /// - Parameters:
    ///   - socket: bound and listening; the server owns it from now on.
    ///   - message: called with libmicrohttpd's diagnostics, one line each.
    ///   - reply: answers a request, or says what must be waited for.
    ///   - swept: called once a second, on the loop's thread.
    /// - Throws: when libmicrohttpd does not start (memory, descriptors) or its descriptor cannot be watched.
    package init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, settings: ServerSettings = ServerSettings(),
        message: @escaping @Sendable (String) -> Void = { _ in },
        reply: @escaping @Sendable (Request) -> Reply, swept: @escaping @Sendable () -> Void = {}
    ) throws(SystemError) {
        self.loop = loop
        self.swept = swept
        self.settings = settings
        timeouts = (settings.exchangeTimeout.wholeNanoseconds, settings.idleTimeout.wholeNanoseconds)
        self.message = message
        self.reply = reply
        let daemon = try unsafe DaemonHandle(
            listeningOn: socket, settings: settings, context: Unmanaged.passUnretained(self).toOpaque())
        waiting = try Waiting(on: loop, library: daemon.epollDescriptor) { [unowned self] isWoken, milliseconds in
            turn(isWoken: isWoken, milliseconds: milliseconds)
        }
        self.daemon = consume daemon
        scheduleSweep()
        scheduleTurn()
    }

    deinit {
        // libmicrohttpd aborts when it is stopped with a suspended connection; without requests there is none.
        let isIdle = exchangeCount == 0
        precondition(isIdle, "a server that has served is drained before it is let go")
        stopTurns()
    }

    func log(_ line: String) {
        message(line.hasSuffix("\n") ? String(line.dropLast()) : line)
    }

    func accept(_ handle: ConnectionHandle) -> Connection {
        let connection = Connection(handle, deadline: loop.nanoseconds + timeouts.exchange)
        connections[ObjectIdentifier(connection)] = connection
        accepted += 1
        return connection
    }

    func forget(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        unwatchChunks(of: connection)
    }

    func begin(target: UnsafePointer<CChar>, on connection: Connection) -> Exchange {
        let exchange = unsafe Exchange(
            target: String(cString: target), at: UInt(bitPattern: target), connection: connection)
        exchangeCount += 1
        connection.beginRequest(exchange, deadline: loop.nanoseconds + timeouts.exchange)
        return exchange
    }

    /// A chunked body begins.
    func watchChunks(of connection: Connection) {
        connection.beginChunks(at: loop.nanoseconds)
        chunkedConnections[ObjectIdentifier(connection)] = connection
    }

    /// No chunked body is being received any more.
    private func unwatchChunks(of connection: Connection) {
        if connection.endChunks() { chunkedConnections[ObjectIdentifier(connection)] = nil }
    }

    /// Makes the answer, or starts the task that makes it. It may be there when this returns.
    func answer(_ exchange: Exchange) {
        let request = exchange.beginAnswer()
        unwatchChunks(of: exchange.connection)
        exchange.connection.awaitAnswer()
        if let lastAnswer = ending.lastAnswer { return finish(exchange, with: lastAnswer(request)) }
        switch reply(request) {
        case .now(let response): finish(exchange, with: response)
        case .later(let makeResponse):
            let task = Task.immediate(executorPreference: loop) { [self] in
                let response = await makeResponse()
                finish(exchange, with: response)
            }
            exchange.keep(task)
        }
    }

    /// Hands the answer over; does nothing when there is one already.
    func finish(_ exchange: Exchange, with response: Response) {
        guard exchange.finish(with: response) else { return }
        exchange.connection.beginAnswer(deadline: loop.nanoseconds + timeouts.exchange)
        if exchange.resume() { scheduleTurn() }
    }

    func complete(_ exchange: Exchange, isCompleted: Bool) {
        exchange.end(isCompleted: isCompleted)
        if let sent = exchange.takeSent() { shelf.putBack(sent) }
        exchangeCount -= 1
        exchange.connection.endRequest(deadline: loop.nanoseconds + timeouts.idle)
    }

    /// Lets libmicrohttpd read, call us, and write; again in the next round while it has more to do.
    ///
    /// libmicrohttpd 0.9.75 says that it has more to do for as long as a connection is stuck: its memory is full of a
    /// chunk-size line that has no end. It then reads no more of that connection, and neither answers nor closes it.
    /// - Parameters:
    ///   - isWoken: whether its descriptor was readable.
    ///   - milliseconds: how long it waits for something to do.
    /// - Returns: whether it called us.
    @discardableResult func turn(isWoken: Bool = false, milliseconds: CInt = 0) -> Bool {
        isTurnPending = false
        rest?.cancel()
        rest = nil
        waiting?.resume()
        let callsBefore = calls
        if daemon?.run(milliseconds: milliseconds) == true {
            idleTurns = isWoken || calls != callsBefore ? 0 : idleTurns + 1
            cutStuck()
            idleTurns < Server.idleTurnsAllowed ? scheduleTurn() : scheduleLaterTurn()
        } else {
            idleTurns = 0
            let isIdle = calls == callsBefore && connections.isEmpty && daemon?.hasClientWaiting == true
            // A client that has come since the library looked is accepted in the next turn.
            deafTurns = isIdle ? deafTurns + 1 : 0
            switch deafTurns {
            case 0: waiting?.beginInLibrary()
            case 1: scheduleTurn()
            default: waitForDescriptor()
            }
        }
        // At once: a further turn may take another request from a connection that was idle, and suspend it.
        if ending.isDraining, exchangeCount == 0, !awaitsFirstRequest { end() }
        return calls != callsBefore
    }

    /// A callback of libmicrohttpd's is progress.
    func countCall() {
        calls &+= 1
        waiting?.noteCall()
    }

    func scheduleTurn() {
        guard !isTurnPending else { return }
        isTurnPending = true
        loop.submit { [weak self] in self?.turn() }
    }

    /// Whatever keeps libmicrohttpd busy without progress costs little this way, until it ends or is cut. A chunk-size
    /// line of 20 KB still grows, by 128 bytes a turn.
    private func scheduleLaterTurn() {
        waiting?.beginInLoop()
        rest = loop.after(.milliseconds(idleTurns < 64 ? 2 : 50)) { [unowned self] in turn() }
    }

    /// libmicrohttpd cannot accept a client, because no descriptor is free. With a connection it stops trying until one
    /// ends; without any it would try again at once, for ever.
    private func waitForDescriptor() {
        waiting?.pause()
        rest = loop.after(.milliseconds(50)) { [unowned self] in turn() }
    }

    /// Cuts the connections whose chunked body can never become complete.
    ///
    /// No other connection gets stuck: libmicrohttpd answers a request line, a head or a trailer that has filled the
    /// memory with 414 or 431, and we take every byte of a body at once.
    private func cutStuck() {
        for connection in chunkedConnections.values where connection.isStuck(at: loop.nanoseconds) { connection.cut() }
    }

    /// Cuts what is past its deadline, and clients that have gone. Once a second is exact enough for deadlines of ten.
    private func scheduleSweep() {
        sweep = loop.after(.seconds(1)) { [unowned self] in
            for connection in connections.values where connection.isGone() || connection.isLate(at: loop.nanoseconds) {
                connection.cut()
            }
            swept()
            // Out of descriptors, libmicrohttpd stops accepting, and looks again only when it is run.
            scheduleTurn()
            scheduleSweep()
        }
    }

    var isRunning: Bool { daemon != nil }

    func stopAccepting() {
        daemon?.quiesce()
    }

    private func end() {
        stopTurns()
        daemon = nil
        ending.finish()
    }

    private func stopTurns() {
        sweep?.cancel()
        rest?.cancel()
        waiting?.end()
    }
}

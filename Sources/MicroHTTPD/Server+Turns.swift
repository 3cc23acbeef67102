import EventLoop

/// When libmicrohttpd runs: at once while there is something to do, and never again and again for nothing.
extension Server {
    /// Turns that may move nothing before the next one has to wait. A long head is read in a few such turns.
    private static let idleTurnsAllowed = 3
    /// How long the connection of a chunked body is left alone before the first look at it.
    private static let firstLook: Duration = .milliseconds(100)
    /// The longest time between two looks. Each takes 64 bytes of the memory that an honest client with a large head
    /// needs for its chunks, so the pauses double up to this.
    private static let longestPause: Duration = .seconds(1)

    /// Lets libmicrohttpd read, call us, and write; again in the next round while it has more to do.
    ///
    /// libmicrohttpd 0.9.75 says that it has more to do for as long as a connection is stuck: its memory is full of a
    /// chunk-size line that has no end. It then reads no more of that connection, and neither answers nor closes it.
    /// - Parameter isWoken: whether its descriptor was readable.
    func turn(isWoken: Bool = false) {
        isTurnPending = false
        rest?.cancel()
        rest = nil
        let callsBefore = calls
        if daemon?.run() == true {
            idleTurns = isWoken || calls != callsBefore ? 0 : idleTurns + 1
            cutStuck()
            idleTurns < Server.idleTurnsAllowed ? scheduleTurn() : scheduleLaterTurn()
        } else {
            idleTurns = 0
        }
        // At once: a further turn may take another request from a connection that was idle, and suspend it.
        if isDraining, exchanges.isEmpty, !awaitsFirstRequest { end() }
    }

    func scheduleTurn() {
        guard !isTurnPending else { return }
        isTurnPending = true
        loop.submit { [weak self] in self?.turn() }
    }

    /// Whatever keeps libmicrohttpd busy without progress costs little this way, until it ends or is cut. A chunk-size
    /// line of 20 KB still grows, by 128 bytes a turn.
    private func scheduleLaterTurn() {
        rest = loop.after(.milliseconds(idleTurns < 64 ? 2 : 50)) { [unowned self] in turn() }
    }

    /// Cuts the connections whose chunked body can never become complete.
    ///
    /// No other connection gets stuck: libmicrohttpd answers a request line, a head or a trailer that has filled the
    /// memory with 414 or 431, and we take every byte of a body at once.
    private func cutStuck() {
        for connection in chunkedConnections.values {
            guard let nextLook = connection.nextLook, nextLook <= loop.now else { continue }
            connection.lookPause = min(connection.lookPause * 2, Server.longestPause)
            connection.nextLook = loop.now + connection.lookPause
            if !connection.hasMemoryLeft() { connection.cut() }
        }
    }

    /// A chunked body begins.
    func watchChunks(of connection: Connection) {
        connection.lookPause = Server.firstLook
        connection.nextLook = loop.now + connection.lookPause
        chunkedConnections[ObjectIdentifier(connection)] = connection
    }

    /// No chunked body is being received any more.
    func unwatchChunks(of connection: Connection) {
        guard connection.nextLook != nil else { return }
        connection.nextLook = nil
        chunkedConnections[ObjectIdentifier(connection)] = nil
    }

    /// Cuts what is past its deadline, and clients that have gone. Once a second is exact enough for deadlines of ten.
    func scheduleSweep() {
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
}

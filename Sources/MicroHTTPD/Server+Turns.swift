import EventLoop

extension Server {
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

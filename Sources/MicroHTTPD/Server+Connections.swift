import EventLoop

extension Server {
    func accept(_ handle: ConnectionHandle) -> Connection {
        let connection = Connection(handle, deadline: loop.now + settings.exchangeTimeout)
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
}

import EventLoop
package import HTTP

/// How far a server is on its way to its end. Belongs to the thread of the server's loop.
final class Ending {
    /// Whether every answer is the last one on its connection.
    fileprivate(set) var isLeaving = false
    /// Whether the server accepts no more, and ends with its last request.
    fileprivate(set) var isDraining = false
    /// Answers everything from now on: the time of the drain is over.
    fileprivate(set) var lastAnswer: (@Sendable (Request) -> Response)?
    /// Until when the first request of a connection is waited for, as `EventLoop.nanoseconds`.
    fileprivate var patienceEnds: UInt64 = 0
    fileprivate var drained: CheckedContinuation<Void, Never>?

    /// The server has ended.
    func finish() {
        drained?.resume()
        drained = nil
    }
}

extension Server {
    /// How long a drain waits for the first request of a connection that it has accepted.
    private static let patience: Duration = .seconds(1)

    /// Closes connections after their next answer from now on, but still accepts: clients that keep connections move
    /// elsewhere by themselves.
    package func leave() {
        ending.isLeaving = true
    }

    /// Stops accepting, waits until every request has its answer, and ends the server.
    /// - Parameters:
    ///   - timeout: what is not answered by then is cancelled.
    ///   - lastAnswer: answers requests that arrive after that, and those whose task goes on for half a second more.
    ///     On the loop's thread.
    package func drain(timeout: Duration, lastAnswer: @escaping @Sendable (Request) -> Response) async {
        guard isRunning, !ending.isDraining else { return }
        acceptBacklog()
        ending.isLeaving = true
        ending.isDraining = true
        stopAccepting()
        let patience = min(timeout, Server.patience)
        ending.patienceEnds = loop.nanoseconds + patience.wholeNanoseconds
        let patienceTimer = loop.after(patience) { [self] in scheduleTurn() }
        var lastDeadline: Timer?
        let deadline = loop.after(timeout) { [self] in
            cutShort(lastAnswer)
            // A cancelled task answers at once, and with an answer of its own, unless it hangs. Its time begins here: a
            // loop that is late would find both deadlines over.
            lastDeadline = loop.after(.milliseconds(500)) { [self] in
                for exchange in exchanges where exchange.phase == .responding {
                    if let request = exchange.request { finish(exchange, with: lastAnswer(request)) }
                }
            }
        }
        scheduleTurn()
        await withCheckedContinuation { ending.drained = $0 }
        patienceTimer.cancel()
        deadline.cancel()
        lastDeadline?.cancel()
    }

    /// Whether a client has connected whose request may be on its way: closed now, the connection would be reset.
    var awaitsFirstRequest: Bool {
        loop.nanoseconds < ending.patienceEnds && connections.values.contains { !$0.hasAsked }
    }

    /// The requests that have begun and are not over.
    private var exchanges: [Exchange] { connections.values.compactMap { $0.exchange } }

    /// What waits in the kernel's backlog has been promised a connection, and closing the socket would reset it.
    /// libmicrohttpd accepts ten in a turn; the bound is the backlog's.
    private func acceptBacklog() {
        for _ in 0..<410 {
            let before = accepted
            turn()
            if accepted == before { return }
        }
    }

    /// Cancels what is being answered, and cuts every other connection: idle ones may bring another request, and the
    /// clients of the rest are too slow for this drain.
    private func cutShort(_ lastAnswer: @escaping @Sendable (Request) -> Response) {
        ending.lastAnswer = lastAnswer
        var responding: Set<ObjectIdentifier> = []
        for exchange in exchanges where exchange.phase == .responding {
            responding.insert(ObjectIdentifier(exchange.connection))
            exchange.cancel()
        }
        for connection in connections.values where !responding.contains(ObjectIdentifier(connection)) {
            connection.cut()
        }
    }
}

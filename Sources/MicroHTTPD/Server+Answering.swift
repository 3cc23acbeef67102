import EventLoop
import HTTP

extension Server {
    /// Starts the task that makes the answer. It may be there when this returns.
    func answer(_ exchange: Exchange) {
        exchange.phase = .responding
        unwatchChunks(of: exchange.connection)
        exchange.connection.deadline = nil
        exchange.connection.isReading = false
        if let lastAnswer { return finish(exchange, with: lastAnswer(exchange.request)) }
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

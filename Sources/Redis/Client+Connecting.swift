import EventLoop

/// How a client comes to its connection, and to the next one.
extension Client {
    /// Finds out where the server is; a name is resolved anew each time, for a server that has moved.
    func connect() {
        switch address.place {
        case .tcp(let host, let port) where !Resolver.isAddress(host):
            Resolver.resolve(host, on: loop) { [weak self] result in
                guard let self, !isClosed else { return }
                switch result {
                case .success(let addresses):
                    candidates = addresses.map { .tcp(host: $0, port: port) }
                    attemptNext()
                case .failure(let failure): hasFailed(failure.words)
                }
            }
        case let place:
            candidates = [place]
            attemptNext()
        }
    }

    private var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    private func attemptNext() {
        do throws(ConnectionFailure) {
            let connection = try Connection(
                to: candidates.removeFirst(), on: loop, maxReplyBytes: settings.maxReplyBytes,
                onReply: { [weak self] in self?.hasReceived($0) }, onEnd: { [weak self] in self?.hasEnded($0) })
            attempt = connection
            timer = loop.after(settings.connectTimeout) {
                connection.close(.broken("it does not answer"))
            }
            greet(connection)
        } catch {
            hasFailed(error.words)
        }
    }

    /// AUTH and SELECT where they are needed, and PING in any case: it tells whether commands are taken.
    private func greet(_ connection: Connection) {
        var greeting: [[String]] = []
        if let password = address.password {
            greeting.append(["AUTH"] + (address.user.map { [$0] } ?? []) + [password])
        }
        if address.database != 0 { greeting.append(["SELECT", String(address.database)]) }
        greeting.append(["PING"])
        for words in greeting {
            let command = Command(words)
            command.onFinish { [weak self] result in
                // A failure ends the connection, which is where it is told.
                guard let self, case .success(let reply) = result else { return }
                if case .error(let error) = reply {
                    connection.close(.broken("\(words[0]) is refused: \(presentable(error))"))
                } else if words[0] == "PING" {
                    isReady(connection)
                }
            }
            _ = connection.send(command)
        }
    }

    /// A server without the command AUTH repeats its arguments in the error, shortened perhaps.
    private func presentable(_ error: String) -> String {
        guard let password = address.password, error.contains(password.prefix(4)) else { return error }
        return String(error.prefix { $0 != " " })
    }

    private func isReady(_ connection: Connection) {
        guard attempt === connection else { return }
        let waiting = if case .beginning(let commands) = state { commands } else { [Command]() }
        attempt = nil
        timer?.cancel()
        candidates = []
        readySince = loop.now
        reportedReasons = []
        state = .ready(connection)
        for command in waiting where command.isAwaited { _ = connection.send(command) }
        onChange(.back)
    }
}

/// How it loses one.
extension Client {
    /// Errors that last as long as the connection does, or until the server is another one.
    private static let lasting = ["LOADING", "MASTERDOWN", "NOAUTH", "READONLY"]

    /// Begins to watch for a connection that answers nothing at all, which may be dead without a sign.
    func watchSilence() {
        guard silence == nil, case .ready(let connection) = state else { return }
        silence = loop.after(settings.silenceTimeout) { connection.close(.broken("it does not answer any more")) }
    }

    private func hasReceived(_ reply: RedisReply) {
        silence?.cancel()
        silence = nil
        guard case .ready(let connection) = state, case .error(let words) = reply else { return }
        if Client.lasting.contains(where: reply.isError) { connection.close(.broken(words)) }
    }

    private func hasEnded(_ reason: RedisFailure) {
        silence?.cancel()
        silence = nil
        timer?.cancel()
        attempt = nil
        guard !isClosed else { return }
        // One that lasted was no failure to connect.
        if case .ready = state, loop.now - readySince > settings.longestPause { failures = 0 }
        hasFailed("\(reason)")
    }

    private func hasFailed(_ words: String) {
        guard candidates.isEmpty else { return attemptNext() }
        let waiting = if case .beginning(let commands) = state { commands } else { [Command]() }
        state = .away(words)
        for command in waiting { command.finish(.failure(.away(words))) }
        failures += 1
        timer = loop.after(settings.pause(after: failures)) { [unowned self] in connect() }
        // A server may have a new text each time, for as long as it is away.
        guard reportedReasons.count < Client.maxReportedReasons, reportedReasons.insert(words).inserted else { return }
        onChange(.away(words))
    }
}

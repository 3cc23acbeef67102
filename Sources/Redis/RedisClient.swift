package import Curl
package import EventLoop

/// A client for Redis and Valkey, behind one `async` function, on an event loop.
///
/// Each loop has a client of its own, with one connection, on which all commands are pipelined. It connects by itself,
/// again when the connection ends, and to another node when a cluster says that the keys are there: all keys of a client
/// must be in one slot. The last reference to it is to be given up on the loop's thread, or when the loop does not run.
package final class RedisClient: @unchecked Sendable {
    // `@unchecked`: everything but `loop` belongs to the loop's thread, or, before `run()`, to the code that prepares it.

    /// What an operator should know.
    package enum Change: Hashable, Sendable {
        /// Commands are answered from now on. Also reported when replies are in time again after one that was late.
        case back
        /// They are not, and why: each reason is reported once between two times that they are, and of many the first
        /// ``RedisClient/maxReportedReasons``.
        case away(String)
    }

    private enum State {
        /// Nothing is known yet, or the keys have moved; commands wait, each until its deadline.
        case connecting([Command])
        case ready(Connection)
        case away(String)
        case closed
    }

    /// Errors that last as long as the connection does, or until the server is another one.
    private static let lasting = ["CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOAUTH", "READONLY"]
    /// How many reasons are reported between two connections.
    package static let maxReportedReasons = 8

    /// The loop whose thread it belongs to.
    package let loop: EventLoop
    let settings: RedisClientSettings
    private let connector: Connector
    private let onChange: (Change) -> Void

    private var state = State.connecting([])
    private var readySince = ContinuousClock.now
    /// Until a connection that answers nothing is given up.
    private var silence: Timer?
    /// The connections besides the one.
    private let detours: Detours
    private var reported: Set<String> = []

    /// Begins to connect once the loop runs.
    /// - Parameter onChange: called on the loop's thread.
    package init(
        over streams: Streams, address: RedisAddress, settings: RedisClientSettings = RedisClientSettings(),
        onChange: @escaping (Change) -> Void = { _ in }
    ) {
        loop = streams.loop
        self.settings = settings
        self.onChange = onChange
        connector = Connector(over: streams, address: address, settings: settings)
        detours = Detours(from: connector, on: loop, settings: settings)
        connector.start(
            onReady: { [weak self] in self?.becomeReady($0) }, onFailure: { [weak self] in self?.becomeAway($0) },
            onReply: { [weak self] in self?.receive($2, to: $1, on: $0) },
            onEnd: { [weak self] in self?.handleEnd(of: $0, $1) })
    }

    deinit {
        close()
    }

    /// Whether commands are sent at once. On the loop's thread.
    package var isConnected: Bool {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        return ready != nil
    }

    /// Sends a command and waits for its reply, an error included. On the loop's thread.
    ///
    /// Not for commands that change what a connection is for, such as SUBSCRIBE and MONITOR.
    /// - Parameter words: its name and its arguments.
    /// - Throws: `.away` at once when there is no connection; `.cancelled` as soon as the task is cancelled or the client
    ///   is closed.
    package func send(_ words: [String]) async throws(RedisFailure) -> RedisReply {
        try await send(words, until: ContinuousClock.now + settings.deadline)
    }

    /// Sends a command whose reply nobody waits for, if there is a connection. On the loop's thread.
    package func post(_ words: [String]) {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        guard case .ready = state, failureBeforeSending == nil else { return }
        let command = Command(words, maxRedirections: Connector.maxRedirections)
        // As if someone waited: it is sent on to another node, too.
        command.onFinish { _ in }
        start(command)
    }

    /// Ends all commands as `.cancelled` and closes the connection; what is sent from then on is `.cancelled` too. On the
    /// loop's thread, or when the loop does not run.
    package func close() {
        let (waiting, ready) = (waiting, ready)
        state = .closed
        silence?.cancel()
        connector.close()
        for command in waiting { command.finish(.failure(.cancelled)) }
        ready?.close(.cancelled)
        detours.close()
    }

    func send(
        _ words: [String], until deadline: ContinuousClock.Instant
    ) async throws(RedisFailure) -> RedisReply {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        if let failure = failureBeforeSending { throw failure }
        let command = Command(words, maxRedirections: Connector.maxRedirections)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                command.onFinish { continuation.resume(returning: $0) }
                command.setDeadline(
                    deadline, on: loop, lastLook: { [unowned self] in readArrived() },
                    onTimeout: { [unowned self] in watchSilence() })
                start(command)
            }
        } onCancel: {
            // This comes after `start`, even when the task was cancelled before it.
            loop.submit { command.finish(.failure(.cancelled)) }
        }.get()
    }

    private var ready: Connection? {
        if case .ready(let connection) = state { connection } else { nil }
    }

    private var waiting: [Command] {
        if case .connecting(let commands) = state { commands } else { [] }
    }

    private var failureBeforeSending: RedisFailure? {
        switch state {
        case .connecting(let waiting): waiting.count < settings.maxUnanswered ? nil : .tooManyWaiting
        case .ready(let connection): connection.unanswered < settings.maxUnanswered ? nil : .tooManyWaiting
        case .away(let words): .away(words)
        case .closed: .cancelled
        }
    }

    private func readArrived() {
        ready?.readArrived()
        detours.readArrived()
    }

    private func start(_ command: Command) {
        if let failure = failureBeforeSending { return command.finish(.failure(failure)) }
        if let ready { ready.send(command) } else { state = .connecting(waiting + [command]) }
    }
}

/// How its connection comes and goes.
extension RedisClient {
    private func becomeReady(_ connection: Connection) {
        let waiting = waiting
        readySince = ContinuousClock.now
        reported = []
        state = .ready(connection)
        for command in waiting where command.isAwaited { connection.send(command) }
        onChange(.back)
    }

    private func becomeAway(_ words: String) {
        let waiting = waiting
        state = .away(words)
        for command in waiting { command.finish(.failure(.away(words))) }
        connector.retry()
        guard reported.count < RedisClient.maxReportedReasons, reported.insert(words).inserted else { return }
        onChange(.away(words))
    }

    private func handleEnd(of connection: Connection, _ reason: RedisFailure) {
        guard ready === connection else { return detours.forget(connection) }
        silence?.cancel()
        silence = nil
        // One that lasted was no failure to connect.
        if ContinuousClock.now - readySince > settings.longestPause { connector.forgetFailures() }
        becomeAway("\(reason)")
    }

    /// Begins to watch for a connection that answers nothing at all, which may be dead without a sign.
    private func watchSilence() {
        guard silence == nil, let ready else { return }
        silence = loop.after(settings.silenceTimeout) { ready.close(.broken("it does not answer any more")) }
    }

    /// Finds out whether replies are in time again after one that was late. Otherwise only the next request would show
    /// it, and until then an idle service would report that Redis is away.
    private func probe(_ connection: Connection) {
        let command = Command(settings.probe)
        command.onFinish { [weak self] result in
            guard let self, ready === connection, case .success(let reply) = result else { return }
            if case .error = reply { return }
            onChange(.back)
        }
        command.setDeadline(
            ContinuousClock.now + settings.deadline, on: loop, lastLook: { [weak self] in self?.readArrived() },
            onTimeout: { [weak self] in self?.watchSilence() })
        connection.send(command)
    }

    private func receive(_ reply: RedisReply, to command: Command, on connection: Connection) {
        if ready === connection, let silence {
            silence.cancel()
            self.silence = nil
            probe(connection)
        }
        if command.redirectionsLeft > 0, let redirection = Redirection(reply, from: connection.place) {
            command.redirectionsLeft -= 1
            return follow(redirection, with: command, from: connection)
        }
        command.finish(.success(reply))
        guard ready === connection, case .error(let words) = reply else { return }
        if RedisClient.lasting.contains(where: reply.isError) { connection.close(.broken(words)) }
    }

    private func follow(_ redirection: Redirection, with command: Command, from connection: Connection) {
        guard command.isAwaited else { return }
        switch redirection.kind {
        case .moved:
            if ready === connection {
                state = .connecting([])
                silence?.cancel()
                silence = nil
                detours.leave(connection)
                connector.connect(to: redirection.place)
            }
            start(command)
        case .ask:
            detours.send(command, asking: redirection.place)
        }
    }
}

import CHiredis
package import EventLoop
import Glibc

/// A client for Redis and Valkey: hiredis behind one `async` function, on an event loop.
///
/// Each loop has a client of its own, with one connection, on which all commands are pipelined. It connects by itself,
/// and again when the connection ends. The last reference to it is to be given up on the loop's thread, or when the loop
/// does not run.
package final class Client: @unchecked Sendable {
    // `@unchecked`: everything but `loop` belongs to the loop's thread, or, before `run()`, to whoever prepares it.

    /// What an operator should hear of.
    package enum Change: Hashable, Sendable {
        /// Commands are answered from now on.
        case back
        /// They are not, and why: each reason is reported once between two times that they are, and of many the first
        /// ``Client/maxReportedReasons``.
        case away(String)
    }

    /// The loop whose thread it belongs to.
    package let loop: EventLoop
    let address: RedisAddress
    let settings: ClientSettings
    let onChange: (Change) -> Void

    /// What is, or is becoming, of the connection.
    enum State {
        /// Nothing is known yet; commands wait, each until its deadline.
        case beginning([Command])
        case ready(Connection)
        case away(String)
        case closed
    }

    var state = State.beginning([])
    /// The connection that is not ready yet, if there is one.
    var attempt: Connection?
    /// Addresses that are still to be tried before the next pause.
    var candidates: [RedisAddress.Place] = []
    /// Attempts that failed, and connections that did not last, in a row.
    var failures = 0
    var readySince = ContinuousClock.now
    /// Until the next attempt, or for the attempt under way.
    var timer: Timer?
    /// Until a connection that answers nothing is given up.
    var silence: Timer?
    /// Reasons why there is no connection that were reported since there was one.
    var reportedReasons: Set<String> = []

    /// How many reasons are reported between two connections.
    package static let maxReportedReasons = 8

    /// The version of hiredis that this was built with, which does not say at run time what it is: `0.14.1`.
    package static var hiredisVersion: String { "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)" }

    /// Begins to connect once the loop runs. Ignores SIGPIPE in the whole process.
    /// - Parameter onChange: called on the loop's thread.
    package init(
        on loop: EventLoop, address: RedisAddress, settings: ClientSettings = ClientSettings(),
        onChange: @escaping (Change) -> Void = { _ in }
    ) {
        // hiredis writes to sockets that the server may have closed.
        _ = signal(SIGPIPE, SIG_IGN)
        self.loop = loop
        self.address = address
        self.settings = settings
        self.onChange = onChange
        timer = loop.after(.zero) { [unowned self] in connect() }
    }

    deinit {
        close()
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
        guard case .ready(let connection) = state, failureBeforeSending == nil else { return }
        _ = connection.send(Command(words))
    }

    /// Ends all commands as `.cancelled` and closes the connection; what is sent from then on is `.cancelled` too. On the
    /// loop's thread, or when the loop does not run.
    package func close() {
        let waiting = if case .beginning(let commands) = state { commands } else { [Command]() }
        let connection = if case .ready(let connection) = state { connection } else { attempt }
        state = .closed
        attempt = nil
        timer?.cancel()
        silence?.cancel()
        for command in waiting { command.finish(.failure(.cancelled)) }
        connection?.close(.cancelled)
    }

    func send(_ words: [String], until deadline: ContinuousClock.Instant) async throws(RedisFailure) -> RedisReply {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        if let failure = failureBeforeSending { throw failure }
        let command = Command(words)
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

    private func readArrived() {
        if case .ready(let connection) = state { connection.readArrived() }
    }

    private var failureBeforeSending: RedisFailure? {
        switch state {
        case .beginning(let waiting): waiting.count < settings.maxUnanswered ? nil : .tooManyWaiting
        case .ready(let connection): connection.unanswered < settings.maxUnanswered ? nil : .tooManyWaiting
        case .away(let words): .away(words)
        case .closed: .cancelled
        }
    }

    private func start(_ command: Command) {
        switch state {
        case .beginning(let waiting): state = .beginning(waiting + [command])
        case .ready(let connection):
            if !connection.send(command) { command.finish(.failure(.away("the connection is about to end"))) }
        case .away, .closed: preconditionFailure("it was looked at just before")
        }
    }
}

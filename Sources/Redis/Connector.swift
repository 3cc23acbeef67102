import Curl
import EventLoop

/// How patient a `Client` is, and how much it takes.
package struct RedisClientSettings: Sendable {
    /// How long a command may take, from its call to its reply. Default 50 ms.
    package var deadline: Duration = .milliseconds(50)
    /// The last command of the greeting, whose answer says that commands are taken. In a cluster it should name a key:
    /// only then does a node answer that another has it. Default PING.
    package var probe = ["PING"]
    /// How long connecting, AUTH, SELECT and the probe may take together, on the way to the right node of a cluster too.
    /// Default 1 s.
    package var connectTimeout: Duration = .seconds(1)
    /// A connection is given up when a deadline has passed and no reply at all comes for so long. Default 1 s.
    package var silenceTimeout: Duration = .seconds(1)
    /// Commands without a reply on one connection, those that nobody waits for any more included. Default 4096.
    package var maxUnanswered = 4_096
    /// Bytes of one reply, about: a connection on which more arrive before it is complete is given up. Default 256 KiB.
    package var maxReplyBytes = 262_144
    /// The pause after the first failure to connect; it doubles with each that follows. Default 50 ms.
    package var shortestPause: Duration = .milliseconds(50)
    /// The longest pause between two attempts to connect. Default 2 s.
    package var longestPause: Duration = .seconds(2)
    /// A number from 0 up to 1: how much of half of a pause is left out, so that many clients do not come back at once.
    package var chance: @Sendable () -> Double = { .random(in: 0..<1) }

    /// The defaults that stand at each member.
    package init() {}

    /// - Parameter failures: how many attempts have failed in a row, 1 or more.
    package func pause(after failures: Int) -> Duration {
        let full = min(longestPause, shortestPause * (1 << min(failures - 1, 16)))
        return full - full / 2 * chance()
    }
}

/// How a client comes to its connection: it connects, greets, goes on to the node of a cluster that has the keys, and
/// pauses after a failure.
final class Connector: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.

    /// How often one command, and one attempt to connect, are sent on to another node.
    static let maxRedirections = 5

    private let streams: Streams
    private let address: RedisAddress
    private let settings: RedisClientSettings
    private var onReady: (Connection) -> Void = { _ in }
    private var onFailure: (String) -> Void = { _ in }
    private var onReply: Connection.ReplyHandler = { _, _, _ in }
    private var onEnd: Connection.EndHandler = { _, _ in }

    /// The connection that is not ready yet, if there is one.
    private var attempt: Connection?
    private var redirectionsLeft = 0
    /// Where the last connection that was ready led.
    private var lastPlace: RedisAddress.Place?
    /// Attempts that failed, and connections that did not last, in a row.
    private var failures = 0
    /// Until the next attempt, or for the attempt under way.
    private var timer: Timer?

    init(over streams: Streams, address: RedisAddress, settings: RedisClientSettings) {
        self.streams = streams
        self.address = address
        self.settings = settings
    }

    /// Begins to connect once the loop runs.
    /// - Parameters:
    ///   - onReady: called with a connection that takes commands.
    ///   - onFailure: called with the reason when there is none; `retry()` is to follow.
    ///   - onReply, onEnd: for all connections, once they are ready or opened by `open`.
    func start(
        onReady: @escaping (Connection) -> Void, onFailure: @escaping (String) -> Void,
        onReply: @escaping Connection.ReplyHandler, onEnd: @escaping Connection.EndHandler
    ) {
        self.onReady = onReady
        self.onFailure = onFailure
        self.onReply = onReply
        self.onEnd = onEnd
        timer = streams.loop.after(.zero) { [unowned self] in connect(to: address.place) }
    }

    /// Connects to a node. A name is resolved each time, for a server that has moved.
    func connect(to place: RedisAddress.Place) {
        redirectionsLeft = Connector.maxRedirections
        timer?.cancel()
        timer = streams.loop.after(settings.connectTimeout) { [unowned self] in
            attempt?.close(.broken("it does not answer"))
        }
        attempt(place)
    }

    /// Connects after a pause, which grows with each failure: to the server of the URL and, every other time, to the node
    /// that had the keys, because the cluster may live on without that server.
    func retry() {
        failures += 1
        let place = failures.isMultiple(of: 2) ? lastPlace ?? address.place : address.place
        timer?.cancel()
        timer = streams.loop.after(settings.pause(after: failures)) { [unowned self] in connect(to: place) }
    }

    /// The next pause is the shortest.
    func forgetFailures() {
        failures = 0
    }

    /// Opens a connection to a node, and sends the greeting that each needs; commands may follow at once.
    func open(_ place: RedisAddress.Place) throws(StreamFailure) -> Connection {
        let connection = try Connection(
            to: place, by: address.target(place, connectTimeout: settings.connectTimeout), over: streams,
            maxReplyBytes: settings.maxReplyBytes, onReply: onReply,
            onEnd: { [weak self] in self?.handleEnd(of: $0, $1) })
        for words in address.greeting {
            let command = Command(words)
            command.onFinish { [weak self] in self?.checkRefusal($0, of: words[0], by: connection) }
            connection.send(command)
        }
        return connection
    }

    /// Nothing is called any more.
    func close() {
        timer?.cancel()
        let attempt = attempt
        self.attempt = nil
        attempt?.close(.cancelled)
    }

    private func attempt(_ place: RedisAddress.Place) {
        do throws(StreamFailure) {
            let connection = try open(place)
            attempt = connection
            let probe = Command(settings.probe)
            probe.onFinish { [weak self] in self?.handleProbe(of: connection, $0) }
            connection.send(probe)
        } catch {
            timer?.cancel()
            onFailure("\(error)")
        }
    }

    private func handleProbe(of connection: Connection, _ result: Result<RedisReply, RedisFailure>) {
        guard attempt === connection, case .success(let reply) = result else { return }
        if redirectionsLeft > 0, let redirection = Redirection(reply, from: connection.place) {
            redirectionsLeft -= 1
            attempt = nil
            connection.close(.cancelled)
            return attempt(redirection.place)
        }
        checkRefusal(result, of: settings.probe[0], by: connection)
        guard attempt === connection else { return }
        attempt = nil
        lastPlace = connection.place
        timer?.cancel()
        onReady(connection)
    }

    /// Any other failure ends the connection by itself.
    private func checkRefusal(
        _ result: Result<RedisReply, RedisFailure>, of command: String, by connection: Connection
    ) {
        guard case .success(.error(let error)) = result else { return }
        connection.close(.broken("\(command) is refused: \(address.concealingRefusal(error))"))
    }

    private func handleEnd(of connection: Connection, _ reason: RedisFailure) {
        guard attempt === connection else { return onEnd(connection, reason) }
        attempt = nil
        timer?.cancel()
        onFailure("\(reason)")
    }
}

import Curl

/// One connection, on which commands are pipelined: each is written without waiting for the replies to those before it.
///
/// It lives until it ends or is closed, and tells its owner about either.
final class Connection: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, all of it.
    typealias ReplyHandler = (Connection, Command, RedisReply) -> Void
    typealias EndHandler = (Connection, RedisFailure) -> Void

    /// What a server says without having been asked.
    private static let surplus = RedisFailure.broken("it sent more answers than commands")

    /// Where it leads.
    let place: RedisAddress.Place
    private let onReply: ReplyHandler
    private let onEnd: EndHandler
    private var reader: ReplyReader
    /// nil once ended.
    private var stream: Curl.Stream?
    /// Commands whose reply has not come, those that nobody waits for any more included, in the order of their replies.
    private var waiting: [Command] = []
    private var isLeaving = false

    /// Begins to connect; commands may be sent at once, and go out when the connection is open.
    /// - Parameters:
    ///   - target: the way to `place`.
    ///   - maxReplyBytes: a reply that has more, and is not complete by then, ends the connection.
    ///   - onReply: called for every reply, to finish its command.
    ///   - onEnd: called once, when all commands have failed for the same reason.
    init(
        to place: RedisAddress.Place, by target: StreamTarget, over streams: Streams, maxReplyBytes: Int,
        onReply: @escaping ReplyHandler,
        onEnd: @escaping EndHandler
    ) throws(StreamFailure) {
        self.place = place
        reader = ReplyReader(maxReplyBytes: maxReplyBytes)
        self.onReply = onReply
        self.onEnd = onEnd
        // The stream keeps `self` until it ends.
        stream = try streams.open(
            target, onReceive: { [self] in receive($0) },
            onEnd: { [self] in close(.broken($0 == .ended ? "Server closed the connection" : "\($0)")) })
    }

    /// How many replies have not come.
    var unanswered: Int { waiting.count }

    /// - Returns: false when the connection has ended.
    @discardableResult
    func send(_ command: Command) -> Bool {
        guard let stream else { return false }
        waiting.append(command)
        stream.send(command.bytes)
        return true
    }

    /// Reads replies that have arrived, without waiting for the loop to say so.
    func readArrived() {
        stream?.receiveArrived()
    }

    /// Closes the connection as soon as every command has its reply.
    func leave() {
        isLeaving = true
        if waiting.isEmpty { close(.cancelled) }
    }

    /// Ends the connection, and every command on it for that reason.
    func close(_ reason: RedisFailure) {
        guard let stream else { return }
        self.stream = nil
        stream.close()
        let failed = waiting
        waiting = []
        for command in failed { command.finish(.failure(reason)) }
        onEnd(self, reason)
    }

    private func receive(_ bytes: RawSpan) {
        do throws(RedisFailure) {
            try reader.feed(bytes)
            while stream != nil, let reply = try reader.next() { try take(reply) }
        } catch {
            close(error)
        }
        if isLeaving, waiting.isEmpty { close(.cancelled) }
    }

    private func take(_ reply: RedisReply) throws(RedisFailure) {
        guard !waiting.isEmpty else {
            if case .error(let words) = reply { throw .broken(words) }
            throw Connection.surplus
        }
        // The answer is not believed when more follows than was asked for.
        if waiting.count == 1, reader.hasSurplus { throw Connection.surplus }
        onReply(self, waiting.removeFirst(), reply)
    }
}

import EventLoop

/// Why a command has no reply. A reply that is an error is a reply.
package enum RedisFailure: Error, Hashable, Sendable {
    /// There is no connection, and nothing was sent. The text says why there is none.
    case away(String)
    /// The connection broke before the reply came: the command may have been carried out or not.
    case broken(String)
    /// The deadline passed before the reply came: the command may still be carried out.
    case timedOut
    /// As many commands wait for their replies as the settings allow; nothing was sent.
    case tooManyWaiting
    /// The task was cancelled, or the client was closed.
    case cancelled
}

extension RedisFailure: CustomStringConvertible {
    /// For an operator; without anything of the command.
    package var description: String {
        switch self {
        case .away(let words), .broken(let words): words
        case .timedOut: "Redis did not answer in time"
        case .tooManyWaiting: "too many commands wait for Redis"
        case .cancelled: "cancelled"
        }
    }
}

/// One command from its call to its end. A connection keeps it until the reply is there, even when its caller waits no
/// more, so that no reply is taken for that of another command.
final class Command: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    /// As it goes over the wire.
    let bytes: [UInt8]
    /// How often it may still be sent again because a node of a cluster names another.
    var redirectionsLeft: Int
    private var completion: Completion?
    private var timer: Timer?

    /// - Parameters:
    ///   - words: the command's name and its arguments.
    ///   - maxRedirections: 0 for what is meant for one node.
    init(_ words: [String], maxRedirections: Int = 0) {
        bytes = Command.serialized(words)
        redirectionsLeft = maxRedirections
    }

    /// Whether a caller waits for the reply.
    var isAwaited: Bool { completion != nil }

    func onFinish(_ completion: @escaping Completion) {
        self.completion = completion
    }

    /// From now on the command ends when the time is over, wherever it is by then.
    /// - Parameters:
    ///   - lastLook: reads what has arrived and was not read yet: a loop that is late itself is not a reason to give up.
    ///   - onTimeout: called when that brought no reply.
    func setDeadline(
        _ deadline: ContinuousClock.Instant, on loop: EventLoop, lastLook: @escaping () -> Void,
        onTimeout: @escaping () -> Void
    ) {
        // `self`: until then the timer keeps a command whose last reference is that of its connection. `finish` ends both.
        timer = loop.after(deadline - ContinuousClock.now) { [self] in
            lastLook()
            guard isAwaited else { return }
            finish(.failure(.timedOut))
            onTimeout()
        }
    }

    /// Resumes the caller; does nothing from the second time on.
    func finish(_ result: Result<RedisReply, RedisFailure>) {
        timer?.cancel()
        timer = nil
        let completion = completion
        self.completion = nil
        completion?(result)
    }

    /// An array of bulk strings, as RESP wants commands.
    private static func serialized(_ words: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.reduce(16) { $0 + $1.utf8.count + 16 })
        bytes.append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words {
            bytes.append(contentsOf: "$\(word.utf8.count)\r\n".utf8)
            bytes.append(contentsOf: word.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        return bytes
    }
}

extension RedisClient {
    /// Runs a Lua script as one command, within one deadline. The server knows scripts by their SHA-1, and is sent the text
    /// only when it does not know the name: each node of a cluster for itself.
    /// - Parameters:
    ///   - script: the Lua.
    ///   - sha1: of the script, in 40 lower-case hexadecimal digits. It is not checked: with another one EVALSHA would run
    ///     another script.
    ///   - keys: every key that it touches, as a cluster wants it.
    ///   - arguments: what it finds in ARGV.
    ///   - patience: how long it may take; nil as long as any command.
    package func evaluate(
        _ script: String, sha1: String, keys: [String], arguments: [String], within patience: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        let deadline = ContinuousClock.now + (patience ?? settings.deadline)
        let rest = [String(keys.count)] + keys + arguments
        let reply = try await send(["EVALSHA", sha1] + rest, until: deadline)
        guard reply.isError("NOSCRIPT") else { return reply }
        return try await send(["EVAL", script] + rest, until: deadline)
    }
}

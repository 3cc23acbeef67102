import EventLoop

/// One command from its call to its end. hiredis keeps it until the reply is there, even when nobody waits any more, so
/// that no reply is taken for that of another command, and none for one that is gone.
final class Command: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    /// As it goes over the wire.
    let bytes: [UInt8]
    private var completion: Completion?
    private var timer: Timer?

    /// - Parameter words: the command's name and its arguments.
    init(_ words: [String]) {
        bytes = Command.serialized(words)
    }

    /// Whether anybody waits for the reply.
    var isAwaited: Bool { completion != nil }

    func onFinish(_ completion: @escaping Completion) {
        self.completion = completion
    }

    /// From now on the command ends when the time is over, wherever it is by then.
    /// - Parameters:
    ///   - lastLook: reads what has arrived and was not read yet: a loop that is late itself is no reason to give up.
    ///   - onTimeout: called when that brought no reply.
    func setDeadline(
        _ deadline: ContinuousClock.Instant, on loop: EventLoop, lastLook: @escaping () -> Void,
        onTimeout: @escaping () -> Void
    ) {
        timer = loop.after(deadline - ContinuousClock.now) { [unowned self] in
            lastLook()
            guard isAwaited else { return }
            finish(.failure(.timedOut))
            onTimeout()
        }
    }

    /// Tells who waits; does nothing from the second time on.
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

import CHiredis
import EventLoop
import Glibc

/// One connection of hiredis' asynchronous interface, driven by an event loop. Commands are pipelined: each is written
/// without waiting for the replies to those before it.
///
/// hiredis frees a connection by itself when it breaks; `context` is nil from then on.
@safe final class Connection: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, all of it.
    let loop: EventLoop
    var context: UnsafeMutablePointer<redisAsyncContext>?
    let onReply: (RedisReply) -> Void
    let onEnd: (RedisFailure) -> Void
    var watch: Watch?
    var interest: Readiness = .writable
    var isReading = false
    var isWriting = true
    /// Whether hiredis is reading and calling back: a write that fails in there would free what it works with.
    var isInRead = false
    /// What has been read since the last reply that was complete.
    var incompleteBytes = 0
    let maxReplyBytes: Int
    /// Why we end the connection; nil while it lives, and when it ended by itself.
    private var closeReason: RedisFailure?
    /// Commands whose reply has not come, those that nobody waits for any more included.
    var unanswered = 0

    /// Begins to connect; commands may be sent at once, and go out when the connection is open.
    /// - Parameters:
    ///   - place: a socket, or an address in numbers: hiredis would resolve a name before it returns.
    ///   - maxReplyBytes: a reply that has more, and is not complete by then, ends the connection.
    ///   - onReply: called for every reply.
    ///   - onEnd: called once, with the reason.
    init(
        to place: RedisAddress.Place, on loop: EventLoop, maxReplyBytes: Int,
        onReply: @escaping (RedisReply) -> Void, onEnd: @escaping (RedisFailure) -> Void
    ) throws(ConnectionFailure) {
        self.loop = loop
        self.maxReplyBytes = maxReplyBytes
        self.onReply = onReply
        self.onEnd = onEnd
        let handle =
            switch place {
            case .tcp(let host, let port): unsafe chiredis_connect(host, CInt(port))
            case .unix(let path): unsafe chiredis_connect_unix(path)
            }
        guard let handle = unsafe handle else { throw ConnectionFailure("out of memory") }
        do throws(ConnectionFailure) {
            guard unsafe handle.pointee.err == REDIS_OK else {
                throw ConnectionFailure(unsafe String(cString: handle.pointee.errstr))
            }
            if case .tcp = place, unsafe chiredis_keep_alive(handle) != REDIS_OK {
                throw ConnectionFailure("keep-alive cannot be set")
            }
            unsafe context = handle
            try watch(unsafe handle.pointee.c.fd)
        } catch {
            unsafe context = nil
            unsafe redisAsyncFree(handle)
            throw error
        }
        // Released in `cleanUp`.
        let retained = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe handle.pointee.data = retained
        unsafe chiredis_set_hooks(
            handle, retained, startReading, stopReading, startWriting, stopWriting, cleanUp)
    }

    /// Writes a command, at once if there is room: a loop that is busy would otherwise use up the command's time itself.
    /// - Returns: false when the connection has ended, or is about to.
    func send(_ command: Command) -> Bool {
        guard let context = unsafe context, closeReason == nil else { return false }
        // Released in `receiveReply`.
        let retained = unsafe Unmanaged.passRetained(command)
        let code = unsafe command.bytes.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe chiredis_send(
                    context, receiveReply, retained.toOpaque(), characters.baseAddress, characters.count)
            }
        }
        guard code == REDIS_OK else {
            unsafe retained.release()
            return false
        }
        unanswered += 1
        if isConnected, !isInRead { write() }
        updateInterest()
        return true
    }

    /// Ends the connection, and every command on it for that reason. From a callback of hiredis, this happens behind it.
    func close(_ reason: RedisFailure) {
        guard let context = unsafe context, closeReason == nil else { return }
        closeReason = reason
        unsafe redisAsyncFree(context)
    }

    /// Reads replies that have arrived, without waiting for the loop to say so.
    func readArrived() {
        act(.readable)
    }

    var reason: RedisFailure {
        if let closeReason { return closeReason }
        guard let context = unsafe context, unsafe context.pointee.err != REDIS_OK else {
            return .broken("the connection ended")
        }
        return .broken(unsafe String(cString: context.pointee.errstr))
    }

    var isConnected: Bool {
        guard let context = unsafe context else { return false }
        return unsafe context.pointee.c.flags & REDIS_CONNECTED != 0
    }
}

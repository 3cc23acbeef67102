import CHiredis

// All functions that hiredis calls. A connection's context is retained in `Connection.init` and released in `cleanUp`,
// which hiredis calls once, as the last thing before it frees the connection. A command's context is retained in
// `Connection.send` and released in `receiveReply`, which hiredis calls once for each command, without a reply when the
// connection ends before one came.

typealias Hook = @convention(c) (UnsafeMutableRawPointer?) -> Void

/// ev.addRead: the connection is to be read from.
let startReading: Hook = { context in
    unsafe connection(context)?.setReading(true)
}

/// ev.delRead
let stopReading: Hook = { context in
    unsafe connection(context)?.setReading(false)
}

/// ev.addWrite: there is something to write, or the connection is not open yet.
let startWriting: Hook = { context in
    unsafe connection(context)?.setWriting(true)
}

/// ev.delWrite
let stopWriting: Hook = { context in
    unsafe connection(context)?.setWriting(false)
}

/// ev.cleanup: hiredis is about to free the connection.
let cleanUp: Hook = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Connection>.fromOpaque(context).takeRetainedValue().hasEnded()
}

/// The reply to a command; nil when the connection ends before it came.
let receiveReply:
    @convention(c) (
        UnsafeMutablePointer<redisAsyncContext>?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Void = { handle, reply, context in
        guard let context = unsafe context, let connection = unsafe connection(handle?.pointee.data) else { return }
        let command = unsafe Unmanaged<Command>.fromOpaque(context).takeRetainedValue()
        connection.receive(
            unsafe reply.map { unsafe RedisReply($0.assumingMemoryBound(to: redisReply.self)) }, to: command)
    }

private func connection(_ context: UnsafeMutableRawPointer?) -> Connection? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
}

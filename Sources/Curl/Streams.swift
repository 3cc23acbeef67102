package import EventLoop

/// The byte streams of an event loop. They have a multi handle of their own: the parsed certificates of a CA file are
/// kept with it, and streams would count among the idle connections of an HTTP client.
///
/// The last reference is to be given up on the loop's thread, or when the loop does not run. Streams that are open keep
/// it alive.
@safe package final class Streams: @unchecked Sendable {
    // `@unchecked`: everything but `loop` belongs to the loop's thread, or, before `run()`, to the code that prepares it.

    /// The loop whose thread the streams belong to.
    package let loop: EventLoop
    private var multi: Multi?
    private var streams: [ObjectIdentifier: Stream] = [:]
    /// What all streams receive into, one after the other.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 1)
    private var isReceiving = false

    /// On the loop's thread, or before the loop runs. Ignores SIGPIPE in the whole process.
    package init(on loop: EventLoop) throws(CurlError) {
        self.loop = loop
        try Library.prepare()
        multi = unsafe try Multi(on: loop) { context, code in
            unsafe Unmanaged<Stream>.fromOpaque(context).takeUnretainedValue().finishConnecting(code)
        }
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// Begins to connect, and returns at once. What is sent meanwhile goes out when the stream is open. On the loop's
    /// thread.
    /// - Parameters:
    ///   - onReceive: called for everything that arrives, in order; the bytes are valid during the call.
    ///   - onEnd: called once, when the stream ends for another reason than `close()`; never from `open` or `send`.
    /// - Throws: what makes the target impossible.
    package func open(
        _ target: StreamTarget, onReceive: @escaping (RawSpan) -> Void, onEnd: @escaping (StreamFailure) -> Void
    ) throws(StreamFailure) -> Stream {
        precondition(loop.isCurrent, "streams belong to the thread of their loop")
        do throws(CurlError) {
            let stream = try Stream(to: target, of: self, onReceive: onReceive, onEnd: onEnd)
            try unsafe multi?.add(stream.pointer)
            streams[ObjectIdentifier(stream)] = stream
            return stream
        } catch {
            throw .cannotConnect("\(error)")
        }
    }

    /// Closes the connection.
    func remove(_ stream: Stream) {
        guard streams.removeValue(forKey: ObjectIdentifier(stream)) != nil else { return }
        unsafe multi?.remove(stream.pointer)
    }

    /// Lends the buffer, unless a stream is receiving, from whose `onReceive` this is called then.
    func withBuffer(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
        guard !isReceiving else { return }
        isReceiving = true
        defer { isReceiving = false }
        unsafe body(buffer)
    }
}

import CWslay

/// wslay's reader and writer of frames, on the side of a client: bytes of the peer go in and messages come out, messages
/// go in and bytes for the peer come out. It has neither socket nor clock.
@safe package struct FrameCodec: ~Copyable {
    private let context: wslay_event_context_ptr
    private let traffic: FrameTraffic

    /// - Parameter limits: for the messages of the peer.
    package init(_ limits: WebSocketLimits) {
        traffic = FrameTraffic(PartialMessage(limits))
        var callbacks = frameCallbacks()
        var context: wslay_event_context_ptr?
        let code = unsafe cwslay_create(&context, &callbacks, Unmanaged.passUnretained(traffic).toOpaque())
        guard code == 0, let context = unsafe context else { preconditionFailure("out of memory") }
        unsafe self.context = context
        // The parts of a message come to us, so that one that nobody wants takes no memory.
        unsafe wslay_event_config_set_no_buffering(context, 1)
    }

    deinit {
        unsafe wslay_event_context_free(context)
    }

    /// Reads what the peer sent, until its close frame or its first violation of the protocol.
    /// - Returns: what arrived whole, in order.
    package func receive(_ bytes: RawSpan) -> [Arrival] {
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe traffic.lend(bytes) { unsafe cwslay_receive(context) }
        }
        var arrivals = traffic.takeArrivals()
        flush()
        let mayGoOn = unsafe wslay_event_get_read_enabled(context) != 0
        let isClosed = unsafe wslay_event_get_close_received(context) != 0
        if code != 0 || !mayGoOn && !isClosed { arrivals.append(.failure(unsafe failure(context))) }
        return arrivals
    }

    /// Queues a message; does nothing after a close frame.
    func send(_ message: WebSocketMessage) {
        // The only other failure is the end of memory.
        _ = unsafe message.bytes.withUnsafeBytes { bytes in
            var queued = unsafe wslay_event_msg(
                opcode: message.isText ? cwslay_text : cwslay_binary,
                msg: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), msg_length: bytes.count)
            return unsafe cwslay_queue(context, &queued)
        }
        flush()
    }

    /// Queues a close frame; does nothing after another one.
    /// - Parameter reason: cut to the 123 bytes that fit.
    func close(code: UInt16, reason: String) {
        let reason = Array(reason.utf8.prefix(123))
        _ = unsafe cwslay_queue_close(context, code, reason, reason.count)
        flush()
    }

    /// How many frames have begun since the last look, control frames included.
    func takeFrameCount() -> Int { traffic.takeFrameCount() }

    /// The bytes that are to be sent, pongs included.
    package func takeOutput() -> [UInt8] { traffic.takeOutput() }

    /// Our callback takes every byte at once.
    private func flush() {
        _ = unsafe cwslay_send(context)
    }

    /// wslay tells what was wrong only by the code of its own close frame.
    private func failure(_ context: wslay_event_context_ptr) -> WebSocketFailure {
        switch unsafe wslay_event_get_status_code_sent(context) {
        case 1007: .notUTF8
        case 1009: .messageTooLong
        default: .violation
        }
    }

    /// Something that arrived whole.
    package enum Arrival: Hashable {
        case message(WebSocketMessage)
        /// The peer's close frame; 0 when it has no code.
        case close(code: UInt16, reason: String)
        /// The peer broke the protocol or a limit. It is the last arrival.
        case failure(WebSocketFailure)
    }
}

/// What passes between wslay's callbacks and the codec.
@safe final class FrameTraffic {
    /// Valid during `lend`.
    private var unread = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var output: [UInt8] = []
    private var arrivals: [FrameCodec.Arrival] = []
    private var message: PartialMessage
    private var isControlFrame = false
    private var frameCount = 0

    init(_ message: PartialMessage) {
        self.message = message
    }

    /// Lets `read` give these bytes while `body` runs.
    func lend<Result>(_ bytes: UnsafeRawBufferPointer, _ body: () -> Result) -> Result {
        unsafe unread = bytes
        defer { unsafe unread = UnsafeRawBufferPointer(start: nil, count: 0) }
        return body()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = unsafe unread.prefix(buffer.count)
        unsafe buffer.copyBytes(from: part)
        unsafe unread = UnsafeRawBufferPointer(rebasing: unread.dropFirst(part.count))
        return unsafe part.count
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        unsafe output.append(contentsOf: bytes)
    }

    /// - Returns: whether the message still fits.
    func beginFrame(isControl: Bool, count: UInt64) -> Bool {
        isControlFrame = isControl
        frameCount += 1
        return isControl || message.announce(count)
    }

    func receive(_ part: UnsafeRawBufferPointer) {
        if !isControlFrame { unsafe message.append(part) }
    }

    func endMessage(isText: Bool) {
        guard let bytes = message.end() else { return }
        arrivals.append(.message(WebSocketMessage(bytes, isText: isText)))
    }

    func close(code: UInt16, reason: String) {
        arrivals.append(.close(code: code, reason: reason))
    }

    func takeArrivals() -> [FrameCodec.Arrival] {
        defer { arrivals = [] }
        return arrivals
    }

    func takeFrameCount() -> Int {
        defer { frameCount = 0 }
        return frameCount
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }
}

import CWslay

// All functions that wslay calls, each from inside `wslay_event_recv` or `wslay_event_send`. Their context comes from
// `passUnretained` in `FrameCodec.init`, and nothing is to be released: the codec owns both the traffic and wslay's
// context.

/// The functions, as wslay copies them.
func frameCallbacks() -> wslay_event_callbacks {
    unsafe wslay_event_callbacks(
        recv_callback: giveInput, send_callback: takeOutput, genmask_callback: makeMask,
        on_frame_recv_start_callback: beginFrame, on_frame_recv_chunk_callback: receivePart,
        on_frame_recv_end_callback: nil, on_msg_recv_callback: endMessage)
}

/// Asks for bytes from the peer.
private let giveInput: wslay_event_recv_callback = { context, buffer, count, _, user in
    guard let buffer = unsafe buffer, let user = unsafe user else { return -1 }
    let copied = unsafe FrameTraffic.from(user).read(
        into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
    guard copied == 0 else { return copied }
    unsafe wslay_event_set_error(context, cwslay_would_block)
    return -1
}

/// A part of a frame for the peer, from a buffer that is gone when this returns.
private let takeOutput: wslay_event_send_callback = { _, bytes, count, _, user in
    guard let user = unsafe user else { return -1 }
    unsafe FrameTraffic.from(user).write(UnsafeRawBufferPointer(start: bytes, count: count))
    return count
}

/// A client's frames are masked with numbers that nobody can guess (RFC 6455 section 5.3).
private let makeMask: wslay_event_genmask_callback = { _, buffer, count, _ in
    for place in 0..<count { unsafe buffer?[place] = UInt8.random(in: 0 ... .max) }
    return 0
}

/// The head of a frame. wslay checks the length of frames, but without buffering not that of messages.
private let beginFrame: wslay_event_on_frame_recv_start_callback = { context, frame, user in
    guard let frame = unsafe frame?.pointee, let user = unsafe user else { return }
    let fits = unsafe FrameTraffic.from(user).beginFrame(
        isControl: cwslay_is_control(frame.opcode) != 0, count: frame.payload_length)
    guard !fits else { return }
    unsafe wslay_event_shutdown_read(context)
    // Fails only when a close frame is queued already.
    _ = unsafe cwslay_queue_close(context, cwslay_too_big, nil, 0)
}

/// A part of a frame.
private let receivePart: wslay_event_on_frame_recv_chunk_callback = { _, part, user in
    guard let part = unsafe part?.pointee, let user = unsafe user else { return }
    unsafe FrameTraffic.from(user).receive(UnsafeRawBufferPointer(start: part.data, count: part.data_length))
}

/// The end of a message, or a control frame.
private let endMessage: wslay_event_on_msg_recv_callback = { _, message, user in
    guard let message = unsafe message?.pointee, let user = unsafe user else { return }
    let traffic = unsafe FrameTraffic.from(user)
    if unsafe cwslay_is_close(message.opcode) != 0 {
        // The reason follows the two bytes of the code.
        let reason = unsafe UnsafeRawBufferPointer(start: message.msg, count: message.msg_length).dropFirst(2)
        unsafe traffic.close(code: message.status_code, reason: String(decoding: reason, as: UTF8.self))
    } else if unsafe cwslay_is_control(message.opcode) == 0 {
        unsafe traffic.endMessage(isText: cwslay_is_text(message.opcode) != 0)
    }
}

extension FrameTraffic {
    fileprivate static func from(_ user: UnsafeMutableRawPointer) -> FrameTraffic {
        unsafe Unmanaged<FrameTraffic>.fromOpaque(user).takeUnretainedValue()
    }
}

import CCurl

// All functions that libcurl calls. Their contexts come from `passUnretained` in `Transfer.init`, `Multi.init`,
// `MultiHandle.init` and `Multi.socketContext`, and nothing is to be released: each owner's handle is freed with it.
// libcurl forbids calls back into the multi handle from any of them.

/// CURLOPT_WRITEFUNCTION: a part of the body. Another result than the count ends the transfer.
let receiveBody: curl_write_callback = { bytes, _, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
}

/// CURLOPT_HEADERFUNCTION: one whole line of a head or a trailer.
let receiveHeaderLine: curl_write_callback = { bytes, _, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.receiveLine(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
}

/// CURLOPT_READFUNCTION, whose type is that of the functions above: asks for the next part of a body that cannot be
/// rewound.
let sendBody: curl_write_callback = { buffer, size, count, context in
    guard let buffer = unsafe buffer, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.sendBody(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION of a byte stream: what a proxy says to CONNECT.
let discard: curl_write_callback = { _, size, count, _ in size * count }

/// CURLMOPT_SOCKETFUNCTION: what a socket is to be watched for from now on.
let watchSocket: curl_socket_callback = { _, socket, interest, context, _ in
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<SocketWatches>.fromOpaque(context).takeUnretainedValue().watch(socket, for: interest)
    return 0
}

/// CURLOPT_OPENSOCKETFUNCTION: opens the socket of a connection.
let openSocket: curl_opensocket_callback = { context, _, address in
    guard let context = unsafe context, let address = unsafe address else { return CURL_SOCKET_BAD }
    let sockets = unsafe Unmanaged<SocketWatches>.fromOpaque(context).takeUnretainedValue()
    return unsafe sockets.open(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
}

/// CURLOPT_CLOSESOCKETFUNCTION: closes a socket that `openSocket` opened.
let closeSocket: curl_closesocket_callback = { context, socket in
    guard let context = unsafe context else { return -1 }
    return unsafe Unmanaged<SocketWatches>.fromOpaque(context).takeUnretainedValue().close(socket)
}

/// CURLMOPT_TIMERFUNCTION: when libcurl wants to be called next; -1 for never.
let setTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
    return 0
}

internal import CMicroHTTPD

// All of libmicrohttpd's callbacks. Each runs on the loop's thread, inside `MHD_run`.
//
// Ownership: a `Connection` is retained when libmicrohttpd reports it started and released when it reports it closed;
// an `Exchange` is retained when its target arrives and released when it is completed. libmicrohttpd keeps the pointers
// in between. The server outlives its daemon, so `context` is not retained.

let connectionChanged: MHD_NotifyConnectionCallback = { context, pointer, socketContext, event in
    guard let context = unsafe context, let pointer = unsafe pointer, let socketContext = unsafe socketContext else {
        return
    }
    let server = unsafe Server.from(context)
    if mhd_has_started(event) != 0 {
        let connection = unsafe server.accept(ConnectionHandle(pointer))
        unsafe socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let connection = unsafe socketContext.pointee {
        unsafe server.forget(Unmanaged<Connection>.fromOpaque(connection).takeRetainedValue())
    }
}

let targetArrived:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
        context, target, pointer in
        guard let context = unsafe context, let target = unsafe target, let pointer = unsafe pointer,
            let connection = unsafe ConnectionHandle(pointer).context
        else { return nil }
        let exchange = unsafe Server.from(context).begin(
            target: target,
            on: Unmanaged<Connection>.fromOpaque(connection).takeUnretainedValue())
        return unsafe Unmanaged.passRetained(exchange).toOpaque()
    }

let requestArrived: MHD_AccessHandlerCallback = { context, pointer, _, method, version, upload, uploadSize, request in
    guard let context = unsafe context, let pointer = unsafe pointer, let uploadSize = unsafe uploadSize,
        let method = unsafe method, let version = unsafe version, let request = unsafe request?.pointee
    else { return .NO }
    let server = unsafe Server.from(context)
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(request).takeUnretainedValue()
    let handle = unsafe ConnectionHandle(pointer)
    if exchange.phase == .awaitingHead {
        return unsafe server.receiveHead(of: exchange, on: handle, method: method, version: version)
    }
    if unsafe uploadSize.pointee > 0 {
        let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        unsafe uploadSize.pointee = 0
        return unsafe exchange.receive(bytes, limit: server.settings.maxBody) ? .YES : .NO
    }
    return server.receiveEnd(of: exchange, on: handle)
}

let requestCompleted: MHD_RequestCompletedCallback = { context, _, request, end in
    guard let context = unsafe context, let exchange = unsafe request?.pointee else { return }
    unsafe request?.pointee = nil
    unsafe Server.from(context).complete(
        Unmanaged<Exchange>.fromOpaque(exchange).takeRetainedValue(), isCompleted: mhd_is_completed(end) != 0)
}

/// Collects one field line into the `FieldCollector` in `context`.
let fieldFound: MHD_KeyValueIteratorN = { context, _, name, nameSize, value, valueSize in
    guard let context = unsafe context, let name = unsafe name else { return .NO }
    let collector = unsafe context.assumingMemoryBound(to: FieldCollector.self)
    unsafe collector.pointee.add(
        name: UnsafeRawBufferPointer(start: name, count: nameSize),
        value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize))
    return .YES
}

/// The library's own diagnostics; `context` is the server.
let messageLogged: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void = { context, line in
    guard let context = unsafe context, let line = unsafe line else { return }
    // Not a call that is progress: the library reports each attempt that fails.
    unsafe Unmanaged<Server>.fromOpaque(context).takeUnretainedValue().log(String(cString: line))
}

extension Server {
    /// The server, which counts the call: a call is progress.
    fileprivate static func from(_ context: UnsafeMutableRawPointer) -> Server {
        let server = unsafe Unmanaged<Server>.fromOpaque(context).takeUnretainedValue()
        server.countCall()
        return server
    }
}

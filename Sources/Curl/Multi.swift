import CCurl
import EventLoop

/// A multi handle that an event loop drives: libcurl says which sockets to watch and when to call again, the loop does.
///
/// Owned by the loop's thread, as everything it holds.
@safe final class Multi {
    private let handle: MultiHandle
    private let loop: EventLoop
    private let onFinish: (UnsafeMutableRawPointer, CURLcode) -> Void
    private var watches: [curl_socket_t: Watch] = [:]
    private var timer: Timer?

    /// - Parameters:
    ///   - maxIdleConnections: how many connections stay open for later transfers; nil for libcurl's own default.
    ///   - onFinish: called for every easy handle that has done what it was added for, with its CURLOPT_PRIVATE.
    init(
        on loop: EventLoop, maxIdleConnections: Int? = nil,
        onFinish: @escaping (UnsafeMutableRawPointer, CURLcode) -> Void
    ) throws(CurlError) {
        handle = try MultiHandle()
        self.loop = loop
        unsafe self.onFinish = onFinish
        // By default four for each transfer under way: after a burst the pool would be thrown away.
        if let maxIdleConnections { try handle.set(CURLMOPT_MAXCONNECTS, maxIdleConnections) }
        try unsafe handle.setCallbacks(context: Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        handle.clearCallbacks()
        timer?.cancel()
        for watch in watches.values { watch.end() }
    }

    func add(_ easy: ccurl_easy) throws(CurlError) {
        unsafe try handle.add(easy)
    }

    func remove(_ easy: ccurl_easy) {
        unsafe handle.remove(easy)
    }

    func watch(_ socket: curl_socket_t, for interest: CInt) {
        var readiness: Readiness = []
        if interest & CURL_POLL_IN != 0 { readiness.insert(.readable) }
        if interest & CURL_POLL_OUT != 0 { readiness.insert(.writable) }
        // The loop fails here when the kernel is out of memory. The transfer then ends at its deadline; to tell libcurl
        // would end every transfer of the handle.
        if interest == CURL_POLL_REMOVE {
            watches.removeValue(forKey: socket)?.end()
        } else if let watch = watches[socket] {
            try? watch.change(to: readiness)
        } else {
            watches[socket] = try? loop.watch(socket, for: readiness) { [unowned self] ready in
                act(on: socket, ready)
            }
        }
    }

    /// Even a timer of 0 ms goes through the loop: libcurl asks for it from inside its own functions.
    func setTimer(milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.after(.milliseconds(milliseconds)) { [unowned self] in
            timer = nil
            handle.act(on: CURL_SOCKET_BAD, 0)
            collectFinished()
        }
    }

    private func act(on socket: curl_socket_t, _ ready: Readiness) {
        var events: CInt = 0
        if ready.contains(.readable) { events |= CURL_CSELECT_IN }
        if ready.contains(.writable) { events |= CURL_CSELECT_OUT }
        if !ready.isDisjoint(with: [.error, .hangUp]) { events |= CURL_CSELECT_ERR }
        handle.act(on: socket, events)
        collectFinished()
    }

    private func collectFinished() {
        while let (context, code) = unsafe handle.nextFinished() { unsafe onFinish(context, code) }
    }
}

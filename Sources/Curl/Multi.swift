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
    /// When libcurl wants to be called next; nil for never.
    private var deadline: ContinuousClock.Instant?
    /// Fires at the deadline or before it: most deadlines are moved further away before they come.
    private var timer: Timer?
    /// Whether libcurl wants to be called again at once.
    private var isDue = false
    private var isActing = false

    /// How often libcurl is called again at once, before other work of the loop has its turn.
    private static let turns = 8

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

    /// Adds a handle, which begins its work in the loop's next round.
    func add(_ easy: ccurl_easy) throws(CurlError) {
        unsafe try handle.add(easy)
    }

    /// Adds a handle, and begins its work at once; it may be finished when this returns.
    func start(_ easy: ccurl_easy) throws(CurlError) {
        isActing = true
        defer { finishTurn() }
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

    /// libcurl calls this from inside its own functions, so even 0 ms cannot be obeyed here.
    func setTimer(milliseconds: Int) {
        isDue = milliseconds == 0 && isActing
        deadline = isDue || milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
        setTimer()
    }

    private func setTimer() {
        guard let deadline else { return }
        if let timer, timer.deadline <= deadline { return }
        timer?.cancel()
        timer = loop.after(deadline - ContinuousClock.now) { [unowned self] in
            timer = nil
            guard let deadline = self.deadline else { return }
            guard deadline <= ContinuousClock.now else { return setTimer() }
            self.deadline = nil
            act(on: CURL_SOCKET_BAD)
        }
    }

    private func act(on socket: curl_socket_t, _ ready: Readiness = []) {
        var events: CInt = 0
        if ready.contains(.readable) { events |= CURL_CSELECT_IN }
        if ready.contains(.writable) { events |= CURL_CSELECT_OUT }
        if !ready.isDisjoint(with: [.error, .hangUp]) { events |= CURL_CSELECT_ERR }
        isActing = true
        handle.act(on: socket, events)
        finishTurn()
    }

    /// Calls libcurl again for as long as it wants that, and reports what has finished.
    private func finishTurn() {
        collectFinished()
        for _ in 0..<Multi.turns where isDue {
            isDue = false
            handle.act(on: CURL_SOCKET_BAD, 0)
            collectFinished()
        }
        isActing = false
        if isDue { setTimer(milliseconds: 0) }
    }

    private func collectFinished() {
        while let (context, code) = unsafe handle.nextFinished() { unsafe onFinish(context, code) }
    }
}

/// One multi handle of libcurl: its transfers under way, and its pool of connections.
@safe private struct MultiHandle: ~Copyable {
    private let pointer: ccurl_multi

    init() throws(CurlError) {
        guard let pointer = unsafe curl_multi_init() else {
            throw CurlError(call: "curl_multi_init", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        unsafe self.pointer = pointer
    }

    deinit {
        require("curl_multi_cleanup", unsafe ccurl_multi_cleanup(pointer))
    }

    func set(_ option: CURLMoption, _ value: Int) throws(CurlError) {
        try check("multi option \(option.rawValue)", unsafe ccurl_multi_set_long(pointer, option, value))
    }

    /// - Parameter context: what the callbacks get; must live until `clearCallbacks()`.
    func setCallbacks(context: UnsafeMutableRawPointer) throws(CurlError) {
        try check("CURLMOPT_SOCKETDATA", unsafe ccurl_multi_set_pointer(pointer, CURLMOPT_SOCKETDATA, context))
        try check("CURLMOPT_TIMERDATA", unsafe ccurl_multi_set_pointer(pointer, CURLMOPT_TIMERDATA, context))
        try check("CURLMOPT_SOCKETFUNCTION", unsafe ccurl_multi_set_socket_callback(pointer, watchSocket))
        try check("CURLMOPT_TIMERFUNCTION", unsafe ccurl_multi_set_timer_callback(pointer, Curl.setTimer))
    }

    func clearCallbacks() {
        require("CURLMOPT_SOCKETFUNCTION", unsafe ccurl_multi_set_socket_callback(pointer, nil))
        require("CURLMOPT_TIMERFUNCTION", unsafe ccurl_multi_set_timer_callback(pointer, nil))
    }

    func add(_ easy: ccurl_easy) throws(CurlError) {
        try check("curl_multi_add_handle", unsafe ccurl_multi_add(pointer, easy))
    }

    /// Ends the transfer at once if it is under way, and its connection with it (HTTP/2: its stream). Closes the
    /// connection of a byte stream.
    func remove(_ easy: ccurl_easy) {
        require("curl_multi_remove_handle", unsafe ccurl_multi_remove(pointer, easy))
    }

    /// Lets libcurl do what there is to do.
    /// - Parameters:
    ///   - socket: the one that is ready, or CURL_SOCKET_BAD, which CURL_SOCKET_TIMEOUT is: a time is up.
    ///   - events: CURL_CSELECT_ bits.
    func act(on socket: curl_socket_t, _ events: CInt) {
        var running: CInt = 0
        require("curl_multi_socket_action", unsafe ccurl_multi_act(pointer, socket, events, &running))
    }

    /// CURLOPT_PRIVATE of the next easy handle that has done what it was added for, and the result.
    func nextFinished() -> (context: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: CInt = 0
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else {
                continue
            }
            var context: UnsafeMutableRawPointer?
            let code = unsafe ccurl_easy_get_private(easy, &context)
            guard code == CURLE_OK, let context = unsafe context else { preconditionFailure("every handle has one") }
            return unsafe (context, message.pointee.data.result)
        }
        return nil
    }
}

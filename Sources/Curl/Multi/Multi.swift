import CCurl
import EventLoop

/// A multi handle that an event loop drives: libcurl says which sockets to watch and when to call again, the loop does.
///
/// Owned by the loop's thread, as everything it holds.
@safe final class Multi {
    private let handle: MultiHandle
    private let loop: EventLoop
    private let onFinish: (UnsafeMutableRawPointer, CURLcode) -> Void
    private let sockets: SocketWatches
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
    ///   - maxConnections: how many connections may be open before those that are not in use are closed; nil for
    ///     libcurl's own default.
    ///   - onFinish: called for every easy handle that has done what it was added for, with its CURLOPT_PRIVATE.
    init(
        on loop: EventLoop, maxConnections: Int? = nil,
        onFinish: @escaping (UnsafeMutableRawPointer, CURLcode) -> Void
    ) throws(CurlError) {
        let sockets = SocketWatches(on: loop)
        handle = try MultiHandle(sockets: sockets)
        self.sockets = sockets
        self.loop = loop
        unsafe self.onFinish = onFinish
        // By default four for each transfer under way: after a burst the pool would be thrown away.
        if let maxConnections { try handle.set(CURLMOPT_MAXCONNECTS, maxConnections) }
        try unsafe handle.setTimerCallback(context: Unmanaged.passUnretained(self).toOpaque())
        sockets.onReady = { [unowned self] in act(on: $0, $1) }
    }

    deinit {
        handle.clearCallbacks()
        timer?.cancel()
        sockets.end()
    }

    /// For CURLOPT_OPENSOCKETDATA and CURLOPT_CLOSESOCKETDATA of the handles that are added. It is valid until the last
    /// connection is closed.
    var socketContext: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(sockets).toOpaque() }

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

    /// - Parameter events: CURL_CSELECT_ bits.
    private func act(on socket: curl_socket_t, _ events: CInt = 0) {
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

import CCurl

/// One multi handle of libcurl: its transfers under way, and its pool of connections.
@safe struct MultiHandle: ~Copyable {
    private let pointer: ccurl_multi

    /// libcurl has it unretained, and calls it until the last connection is closed, at the end of `deinit`.
    private let sockets: SocketWatches

    init(sockets: SocketWatches) throws(CurlError) {
        guard let pointer = unsafe curl_multi_init() else {
            throw CurlError(call: "curl_multi_init", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        unsafe self.pointer = pointer
        self.sockets = sockets
        let context = unsafe Unmanaged.passUnretained(sockets).toOpaque()
        require("CURLMOPT_SOCKETDATA", unsafe ccurl_multi_set_pointer(pointer, CURLMOPT_SOCKETDATA, context))
        require("CURLMOPT_SOCKETFUNCTION", unsafe ccurl_multi_set_socket_callback(pointer, watchSocket))
    }

    deinit {
        require("curl_multi_cleanup", unsafe ccurl_multi_cleanup(pointer))
    }

    func set(_ option: CURLMoption, _ value: Int) throws(CurlError) {
        try check("multi option \(option.rawValue)", unsafe ccurl_multi_set_long(pointer, option, value))
    }

    /// - Parameter context: what the callback gets; must live until `clearCallbacks()`.
    func setTimerCallback(context: UnsafeMutableRawPointer) throws(CurlError) {
        try check("CURLMOPT_TIMERDATA", unsafe ccurl_multi_set_pointer(pointer, CURLMOPT_TIMERDATA, context))
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

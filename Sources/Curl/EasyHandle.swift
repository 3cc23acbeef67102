import CCurl

/// One easy handle of libcurl, and the memory it points into: the URL, the lists of lines and the buffer for error
/// messages.
@safe struct EasyHandle: ~Copyable {
    /// For the multi handle; valid as long as this value lives.
    let pointer: ccurl_easy
    private let message: UnsafeMutablePointer<CChar>
    private var url = ParsedURL()
    private var fields = HeaderList()
    private var detour = HeaderList()

    init() throws(CurlError) {
        guard let pointer = unsafe curl_easy_init() else {
            throw CurlError(call: "curl_easy_init", words: words(of: CURLE_OUT_OF_MEMORY))
        }
        unsafe self.pointer = pointer
        unsafe message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        // First: libcurl may write a last message.
        unsafe curl_easy_cleanup(pointer)
        unsafe message.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(name(of: option), unsafe ccurl_easy_set_long(pointer, option, value))
    }

    /// libcurl copies the string; nil unsets the option.
    func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(name(of: option), unsafe ccurl_easy_set_string(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping curl_write_callback) throws(CurlError) {
        try check(name(of: option), unsafe ccurl_easy_set_callback(pointer, option, value))
    }

    /// - Parameters:
    ///   - context: what the callbacks get; must outlive the handle.
    ///   - options: for which callbacks.
    func setContext(_ context: UnsafeMutableRawPointer, for options: [CURLoption]) throws(CurlError) {
        for option in options {
            try check(name(of: option), unsafe ccurl_easy_set_pointer(pointer, option, context))
        }
        try check("CURLOPT_ERRORBUFFER", unsafe ccurl_easy_set_pointer(pointer, CURLOPT_ERRORBUFFER, message))
    }

    /// Has the sockets of its connections opened and closed by those of a multi handle. A connection keeps them, and may
    /// outlive this handle.
    /// - Parameter context: `Multi.socketContext`.
    func setSockets(_ context: UnsafeMutableRawPointer) throws(CurlError) {
        try check("CURLOPT_OPENSOCKETDATA", unsafe ccurl_easy_set_pointer(pointer, CURLOPT_OPENSOCKETDATA, context))
        try check("CURLOPT_CLOSESOCKETDATA", unsafe ccurl_easy_set_pointer(pointer, CURLOPT_CLOSESOCKETDATA, context))
        try check("CURLOPT_OPENSOCKETFUNCTION", unsafe ccurl_easy_set_open_callback(pointer, openSocket))
        try check("CURLOPT_CLOSESOCKETFUNCTION", unsafe ccurl_easy_set_close_callback(pointer, closeSocket))
    }

    /// Resolving a name happens in a thread, and a transfer that ends meanwhile would wait for that thread, and the
    /// loop with it; a quick exit leaves the thread to itself.
    func setQuickExit() throws(CurlError) {
        try check("CURLOPT_QUICK_EXIT", unsafe ccurl_easy_set_quick_exit(pointer))
    }

    /// Sets the size of the body of a POST, which libcurl then asks for by CURLOPT_READFUNCTION unless there is a buffer.
    func setBodySize(_ count: Int) throws(CurlError) {
        try check(
            "CURLOPT_POSTFIELDSIZE_LARGE",
            unsafe ccurl_easy_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count)))
    }

    /// Copies the body of a POST.
    func setBody(_ body: [UInt8]) throws(CurlError) {
        try setBodySize(body.count)
        // Without a buffer libcurl would read the body from standard input.
        guard !body.isEmpty else { return try set(CURLOPT_COPYPOSTFIELDS, "") }
        let code = unsafe body.withUnsafeBytes { bytes in
            unsafe ccurl_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
        }
        try check("CURLOPT_COPYPOSTFIELDS", code)
    }

    /// Parses the URL, unless it is the one of the last transfer.
    mutating func setURL(_ text: String) throws(CurlError) {
        guard text != url.text else { return }
        let new = try ParsedURL(text)
        // libcurl goes by CURLOPT_CURLU, but would report the text of the URL before.
        try set(CURLOPT_URL, text)
        try check("CURLOPT_CURLU", unsafe ccurl_easy_set_pointer(pointer, CURLOPT_CURLU, UnsafeRawPointer(new.pointer)))
        url = new
    }

    /// Takes over the list, and frees the one before.
    mutating func setFields(_ list: consuming HeaderList) throws(CurlError) {
        try check("CURLOPT_HTTPHEADER", unsafe ccurl_easy_set_list(pointer, CURLOPT_HTTPHEADER, list.pointer))
        fields = list
    }

    /// Connects to that host and port instead of those in the URL, for which the certificate is checked.
    mutating func setDetour(_ hostAndPort: String) throws(CurlError) {
        // The two empty parts mean every host and port of the URL.
        let list = try HeaderList(line: "::\(hostAndPort)")
        try check("CURLOPT_CONNECT_TO", unsafe ccurl_easy_set_list(pointer, CURLOPT_CONNECT_TO, list.pointer))
        detour = list
    }

    /// A number that libcurl knows about the last transfer.
    func number(_ info: CURLINFO) -> Int {
        var number = 0
        let code = unsafe ccurl_easy_get_long(pointer, info, &number)
        precondition(code == CURLE_OK, "a number that every libcurl knows")
        return number
    }

    /// The size of what was sent of the request; 0 when it cannot have reached the server.
    func requestBytesSent() -> Int { number(CURLINFO_REQUEST_SIZE) }

    /// What libcurl wrote about the last failure; empty when nothing.
    var lastMessage: String { unsafe String(cString: message) }

    func clearMessage() {
        unsafe message.pointee = 0
    }
}

/// `CURLOPT_CAINFO`.
private func name(of option: CURLoption) -> String {
    unsafe curl_easy_option_by_id(option)?.pointee.name.map { unsafe "CURLOPT_\(String(cString: $0))" }
        ?? "option \(option.rawValue)"
}

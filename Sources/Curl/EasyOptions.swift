import CCurl

/// Debian's and the rest of the world's place for the certificates that the system trusts.
private let systemBundle = "/etc/ssl/certs/ca-certificates.crt"

extension EasyHandle {
    /// Sets what is the same for all transfers of a client. libcurl can do much more than we need; what we do not need
    /// is off, because most of its past flaws needed something of that.
    func apply(_ settings: HTTPClientSettings) throws(CurlError) {
        try setReach(allowsPlainHTTP: settings.allowsPlainHTTP, proxy: settings.proxy)
        try setTrust(caFile: settings.caFile)
        try setHabits(connectTimeout: settings.connectTimeout)
        try unsafe set(CURLOPT_WRITEFUNCTION, receiveBody)
        try unsafe set(CURLOPT_HEADERFUNCTION, receiveHeaderLine)
        // A transfer under way keeps a buffer for what arrives, and over TLS one for what it sends. An answer and its head
        // fit into 4 KiB; the other is as small as libcurl has it.
        try set(CURLOPT_BUFFERSIZE, 4_096)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
        try set(CURLOPT_MAXAGE_CONN, settings.maxIdleSeconds)
        switch settings.httpVersion {
        case .http1:
            try set(CURLOPT_HTTP_VERSION, ccurl_http_1_1)
        case .http2:
            try set(CURLOPT_HTTP_VERSION, ccurl_http_2_tls)
            // Rather wait for a connection that can be shared than open one for each request of a burst.
            try set(CURLOPT_PIPEWAIT, 1)
        }
    }

    /// Where requests go: to the host in the URL and nowhere else, with no credentials but the caller's field.
    func setReach(allowsPlainHTTP: Bool, proxy: String?) throws(CurlError) {
        let schemes = allowsPlainHTTP ? "http,https" : "https"
        try set(CURLOPT_PROTOCOLS_STR, schemes)
        try set(CURLOPT_REDIR_PROTOCOLS_STR, schemes)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // Empty, not unset: unset means that the environment decides.
        try set(CURLOPT_PROXY, proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_NETRC, ccurl_netrc_ignored)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
    }

    /// - Parameter caFile: a PEM file with the certificates that are trusted; nil for the system's bundle.
    func setTrust(caFile: String?) throws(CurlError) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, ccurl_tls_1_2)
        // A directory, which Debian's libcurl has by default, switches the cache of parsed certificates off: 40 ms
        // instead of 2 ms for each connection.
        try set(CURLOPT_CAPATH, nil)
        try set(CURLOPT_CAINFO, caFile ?? systemBundle)
    }

    /// How connections are opened and kept.
    func setHabits(connectTimeout: Duration) throws(CurlError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_VERBOSE, 0)
        // Signals for timeouts cannot work with threads.
        try set(CURLOPT_NOSIGNAL, 1)
        try setQuickExit()
    }
}

extension Duration {
    /// Rounded up, and at least 1, because 0 means "no limit" to libcurl.
    var wholeMilliseconds: Int {
        Int(max(1, (self / .milliseconds(1)).rounded(.up)))
    }
}

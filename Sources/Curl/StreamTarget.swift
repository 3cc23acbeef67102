import CCurl

/// Where a byte stream leads, and how it gets there.
package struct StreamTarget: Hashable, Sendable {
    /// The end of the stream.
    package enum Place: Hashable, Sendable {
        /// A name, or an address without brackets.
        case tcp(host: String, port: UInt16)
        /// A socket in the file system.
        case unix(path: String)
    }

    /// How the peer proves who it is. The certificate is always verified.
    package struct TLS: Hashable, Sendable {
        /// A PEM file with the certificates that are trusted. Default nil: the system's bundle.
        package var caFile: String?
        /// The name or address that the certificate must be for. Default nil: the host of the place.
        package var serverName: String?
        /// Whether `http/1.1` is offered as the protocol inside (ALPN). Default false: none is.
        package var offersHTTP1 = false

        /// The default of each member.
        package init() {}
    }

    /// The end of the stream.
    package let place: Place
    /// Default nil: the stream is not encrypted.
    package var tls: TLS?
    /// How long name lookup, connection, proxy and TLS handshake may take together. Default 3 s.
    package var connectTimeout: Duration = .seconds(3)
    /// The URL of an HTTP proxy, which gets CONNECT. Default nil: none.
    package var proxy: String?

    /// A stream that is not encrypted, until `tls` is set.
    package init(_ place: Place) {
        self.place = place
    }
}

extension EasyHandle {
    /// Makes this the handle of a byte stream: libcurl connects, and what is sent and received then is left to us.
    mutating func apply(_ target: StreamTarget) throws(CurlError) {
        try setReach(allowsPlainHTTP: target.tls == nil, proxy: target.proxy)
        try setTrust(caFile: target.tls?.caFile)
        try setHabits(connectTimeout: target.connectTimeout)
        try unsafe set(CURLOPT_WRITEFUNCTION, discard)
        try unsafe set(CURLOPT_HEADERFUNCTION, discard)
        try set(CURLOPT_CONNECT_ONLY, 1)
        try set(CURLOPT_HTTPPROXYTUNNEL, target.proxy == nil ? 0 : 1)
        // With HTTP/2 in the handshake, libcurl would not let us send.
        try set(CURLOPT_HTTP_VERSION, ccurl_http_1_1)
        try set(CURLOPT_SSL_ENABLE_ALPN, target.tls?.offersHTTP1 == true ? 1 : 0)
        // A stream is opened rarely, and often because the peer has moved.
        try set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        try setPlace(target)
    }

    private mutating func setPlace(_ target: StreamTarget) throws(CurlError) {
        let scheme = target.tls == nil ? "http" : "https"
        switch target.place {
        case .tcp(let host, let port):
            let name = target.tls?.serverName ?? host
            try set(CURLOPT_URL, "\(scheme)://\(urlHost(name)):\(port)")
            if name != host { try setDetour("\(urlHost(host)):\(port)") }
        case .unix(let path):
            guard !path.utf8.contains(0) else {
                throw CurlError(call: "CURLOPT_UNIX_SOCKET_PATH", words: "holds a NUL")
            }
            try set(CURLOPT_URL, "\(scheme)://\(urlHost(target.tls?.serverName ?? "localhost"))")
            try set(CURLOPT_UNIX_SOCKET_PATH, path)
        }
    }

    /// As a URL wants it: an IPv6 address in brackets. Whatever has a meaning of its own in a URL is refused.
    private func urlHost(_ host: String) throws(CurlError) -> String {
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, !host.isEmpty else { throw CurlError(call: "CURLOPT_URL", words: "not the name of a host") }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    }
}

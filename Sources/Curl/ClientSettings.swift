/// How a `Client` connects, and how much it takes.
package struct ClientSettings: Hashable, Sendable {
    /// The protocol of the connections.
    package enum HTTPVersion: Sendable {
        /// HTTP/1.1, one request at a time on each connection.
        case http1
        /// HTTP/2 where the server offers it during the TLS handshake, else HTTP/1.1.
        case http2
    }

    /// How long name lookup, connection and TLS handshake may take together. Default 3 s.
    package var connectTimeout: Duration = .seconds(3)
    /// A PEM file with the certificates that are trusted. Default nil: the system's bundle.
    package var caFile: String?
    /// Default HTTP/1.1: libcurl 7.88.1 fails some HTTP/2 transfers that are answered early, and takes longer for each.
    package var httpVersion: HTTPVersion = .http1
    /// Whether `http://` is sent as well. For a loopback upstream alone: keys would travel in the clear. Default false.
    package var allowsPlainHTTP = false
    /// The longest body of an answer. Default 256 KiB.
    package var maxBodyBytes = 262_144
    /// The URL of a proxy. Default nil: none, whatever `https_proxy` and its relatives in the environment say.
    package var proxy: String?
    /// A connection unused for longer is not used again; to be below the upstream's own limit. Default 60 s.
    package var maxIdleSeconds = 60
    /// How many unused connections are kept open. Default 256.
    package var maxIdleConnections = 256
    /// The `User-Agent` of requests that bring none themselves.
    package var userAgent = "ephemerald"

    /// The defaults that stand at each member.
    package init() {}
}

/// The HTTP version towards the upstream.
package enum UpstreamHTTPVersion: String, CaseIterable, Sendable {
    /// A pool of connections, one request on each at a time.
    case http1 = "1.1"
    /// Many requests on one connection.
    case http2 = "2"
}

/// A request that we send to a server elsewhere.
package struct OutboundRequest: Sendable {
    /// A token of RFC 9110; any other is refused before anything is sent.
    package var method: Method
    /// Absolute, `https://` or (for a loopback upstream) `http://`.
    package var url: String
    /// Without `Host` and `Content-Length`, which the client adds.
    package var fields: Fields
    /// Sent as it stands; empty for none. HEAD sends none.
    package var body: [UInt8]
    /// How long the whole exchange may take, from name lookup to the last byte of the answer.
    package var timeout: Duration

    /// By default without fields and body; there is no request without a deadline.
    package init(method: Method, url: String, fields: Fields = [:], body: [UInt8] = [], timeout: Duration) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
    }
}

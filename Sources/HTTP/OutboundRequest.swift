/// A request that we send to a server elsewhere.
package struct OutboundRequest: Sendable {
    package var method: Method
    /// Absolute, `https://` or (for a loopback upstream) `http://`.
    package var url: String
    package var fields: Fields
    package var body: [UInt8]
    /// How long the whole exchange may take, from name lookup to the last byte of the answer.
    package var timeout: Duration

    package init(method: Method, url: String, fields: Fields = [:], body: [UInt8] = [], timeout: Duration) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
    }
}

/// A response, complete: what a server sends or a client received.
package struct Response: Hashable, Sendable {
    package var status: Status
    /// Without `Content-Length`, `Date` and `Connection`, which belong to whoever owns the connection.
    package var fields: Fields
    package var body: [UInt8]

    package init(_ status: Status, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

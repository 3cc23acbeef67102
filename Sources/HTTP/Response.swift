/// A response, complete: what a server sends or a client received.
package struct Response: Hashable, Sendable {
    /// Of the final response: interim ones (1xx) are not kept.
    package var status: Status
    /// Without `Content-Length`, `Date` and `Connection`, which belong to whoever owns the connection.
    package var fields: Fields
    /// Without transfer coding; empty when there is none.
    package var body: [UInt8]

    /// By default without fields and body.
    package init(_ status: Status, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

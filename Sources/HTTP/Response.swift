/// A response, complete: what a server sends or a client received.
package struct Response: Hashable, Sendable {
    /// Of the final response: interim ones (1xx) are not kept.
    package var status: Status
    /// Without `Content-Length`, `Date` and `Connection`, which belong to the owner of the connection.
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

/// What a server's function gives for a request. An answer that needs no waiting costs no task.
package enum Reply: Sendable {
    /// The answer, at once.
    case now(Response)
    /// Makes the answer in a task, which is cancelled when the client goes or a drain ends.
    case later(@Sendable () async -> Response)
}

/// A status code (RFC 9110 section 15).
package struct Status: RawRepresentable, Hashable, Sendable {
    /// 100 to 599.
    package let rawValue: Int

    /// Codes that have no name here are codes all the same.
    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// The codes that this program answers with or looks for, by their names in RFC 9110 section 15; 429 and 431 are of
/// RFC 6585.
extension Status {
    package static let ok = Status(rawValue: 200)
    package static let noContent = Status(rawValue: 204)
    package static let notModified = Status(rawValue: 304)
    package static let badRequest = Status(rawValue: 400)
    package static let unauthorized = Status(rawValue: 401)
    package static let forbidden = Status(rawValue: 403)
    package static let notFound = Status(rawValue: 404)
    package static let methodNotAllowed = Status(rawValue: 405)
    package static let conflict = Status(rawValue: 409)
    package static let contentTooLarge = Status(rawValue: 413)
    package static let tooManyRequests = Status(rawValue: 429)
    package static let headerFieldsTooLarge = Status(rawValue: 431)
    package static let badGateway = Status(rawValue: 502)
    package static let serviceUnavailable = Status(rawValue: 503)
    package static let gatewayTimeout = Status(rawValue: 504)
}

/// A response, complete: what a server sends or a client received.
package struct Response: Hashable, Sendable {
    /// Of the final response: interim ones (1xx) are not kept.
    package var status: Status
    /// Without `Content-Length`, `Date` and `Connection`, which belong to the owner of the connection.
    package var fields: Fields
    /// Without transfer coding; empty when there is none.
    package var body: [UInt8]
    /// What the server calls when it is done with the response. Default nil.
    package var delivery: Delivery?

    /// By default without fields and body.
    package init(_ status: Status, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// Tells the maker of a response whether it was handed over. All are equal, so that responses are equal when a client
/// cannot tell them apart.
package struct Delivery: Hashable, Sendable {
    private let report: @Sendable (Bool) -> Void

    /// - Parameter report: called once on the thread of the server's loop. It gets false when the client was seen gone
    ///   before the response was sent, or the exchange was not completed. True is not a receipt: the client may go at
    ///   any moment after the last byte was written, and behind a proxy the proxy is the client.
    package init(report: @escaping @Sendable (_ isHandedOver: Bool) -> Void) {
        self.report = report
    }

    /// Calls the maker.
    package func end(isHandedOver: Bool) { report(isHandedOver) }

    package static func == (_: Delivery, _: Delivery) -> Bool { true }

    package func hash(into _: inout Hasher) {}
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
    package static let created = Status(rawValue: 201)
    package static let accepted = Status(rawValue: 202)
    package static let noContent = Status(rawValue: 204)
    package static let notModified = Status(rawValue: 304)
    package static let badRequest = Status(rawValue: 400)
    package static let unauthorized = Status(rawValue: 401)
    package static let forbidden = Status(rawValue: 403)
    package static let notFound = Status(rawValue: 404)
    package static let methodNotAllowed = Status(rawValue: 405)
    package static let conflict = Status(rawValue: 409)
    package static let gone = Status(rawValue: 410)
    package static let contentTooLarge = Status(rawValue: 413)
    package static let unsupportedMediaType = Status(rawValue: 415)
    package static let tooManyRequests = Status(rawValue: 429)
    package static let headerFieldsTooLarge = Status(rawValue: 431)
    package static let badGateway = Status(rawValue: 502)
    package static let serviceUnavailable = Status(rawValue: 503)
    package static let gatewayTimeout = Status(rawValue: 504)
}

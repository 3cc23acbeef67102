/// A request that we send to a server elsewhere.
package struct OutboundRequest: Sendable {
    /// A token of RFC 9110; any other is refused before anything is sent.
    package var method: Method
    /// Absolute, `https://` or (for a loopback upstream) `http://`.
    package var url: String
    /// Without `Host` and `Content-Length`, which the client adds.
    package var fields: Fields
    /// Those of `fields`, from the first on, that other requests of the same sender have too: a client prepares them once.
    /// Default nil: none.
    package var common: CommonFields?
    /// Sent as it is; empty for none. HEAD sends none.
    package var body: [UInt8]
    /// The names of the fields that the response is to have; nil for all. Each one more costs time.
    package var responseFields: [StaticString]?
    /// The names of the fields that the response is to have besides, unless its status is 2xx. Default none.
    package var failureFields: [StaticString] = []
    /// Whether the client may send the request again by itself when a kept connection breaks before any byte of the
    /// answer. Default true. False is for a body that must arrive at most once: such a request then fails as broken.
    /// A request without a body may always be repeated.
    package var mayRepeat = true
    /// How long the whole exchange may take, from name lookup to the last byte of the answer.
    package var timeout: Duration

    /// By default without fields and body, and with all fields of the response; every request has a deadline.
    package init(
        method: Method, url: String, fields: Fields = [:], body: [UInt8] = [], responseFields: [StaticString]? = nil,
        timeout: Duration
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.responseFields = responseFields
        self.timeout = timeout
    }
}

/// Fields that many requests begin with. A client may keep what it prepares for them for as long as this lives.
package final class CommonFields: Sendable {
    /// The fields, in order.
    package let fields: Fields

    /// Fields that do not change.
    package init(_ fields: Fields) {
        self.fields = fields
    }
}

/// Why a request that we sent has no answer.
package enum TransferFailure: Error, Hashable, Sendable {
    /// No connection: the name does not resolve, nothing listens, or the connect deadline passed. Nothing was sent.
    case cannotConnect(String)
    /// The certificate or the handshake was refused. Nothing was sent.
    case tls(String)
    /// The deadline of the whole exchange passed; the server may have acted on the request.
    case timedOut
    /// The connection broke, or what came back is not HTTP; the server may have acted on the request.
    case broken(String)
    /// The answer is longer than the cap.
    case tooLarge
    /// The task that waited was cancelled.
    case cancelled

    /// Which failure it is, without the reason: in metrics and in the usage log.
    package var code: String {
        switch self {
        case .cannotConnect: "cannot_connect"
        case .tls: "tls"
        case .timedOut: "timed_out"
        case .broken: "broken"
        case .tooLarge: "too_large"
        case .cancelled: "cancelled"
        }
    }
}

extension TransferFailure: CustomStringConvertible {
    /// A clause for an operator, written after a colon.
    package var description: String {
        switch self {
        case .cannotConnect(let reason): "no connection: \(reason)"
        case .tls(let reason): "the TLS handshake failed: \(reason)"
        case .timedOut: "the server did not answer in time"
        case .broken(let reason): "the connection broke: \(reason)"
        case .tooLarge: "the answer is too large"
        case .cancelled: "the request was cancelled"
        }
    }
}

/// A request as a server received it: head complete, body complete, framing already checked.
package struct Request: Sendable {
    package var method: Method
    /// The request target as it stands in the request line, not decoded: `/api/realtime/token?session=default`.
    package var target: String
    package var fields: Fields
    package var body: [UInt8]
    /// Who is at the other end of the connection; behind a reverse proxy that is the proxy.
    package var peer: Peer

    package init(method: Method, target: String, fields: Fields = [:], body: [UInt8] = [], peer: Peer) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.peer = peer
    }

    /// The target up to the first `?`, not decoded: two spellings of one path are two paths here.
    package var path: Substring {
        target.prefix { $0 != "?" }
    }

    /// The target behind the first `?`, not decoded; nil when there is none.
    package var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }
}

/// The other end of a connection.
package enum Peer: Hashable, Sendable {
    case ip(IPAddress, port: UInt16)
    /// A process on this machine, over a unix socket.
    case unix
}

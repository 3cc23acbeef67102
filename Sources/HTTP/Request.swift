/// A request as a server received it: complete, or with the defect that kept it from being so.
///
/// An object, because a dozen places hold it on its way: a copy of the values would cost each of them eight references.
package final class Request: Sendable {
    /// As the client spells it, whether or not we know it.
    package let method: Method
    /// The request target as it is in the request line, not decoded: `/api/realtime/token?session=default`.
    package let target: String
    /// All field lines of the head, in order.
    package let fields: Fields
    /// Without its transfer coding; empty when there is none.
    package let body: [UInt8]
    /// The other end of the connection; behind a reverse proxy that is the proxy.
    package let peer: Peer
    /// Set when the request must be refused, whatever it is for; fields and body are then not to be trusted.
    package let defect: Defect?
    /// The number of the client's socket, for a watch on its end while the answer is made; nil without a server.
    package let socket: Int32?

    /// By default without fields, body, defect and socket.
    package init(
        method: Method, target: String, fields: Fields = [:], body: [UInt8] = [], peer: Peer, defect: Defect? = nil,
        socket: Int32? = nil
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.peer = peer
        self.defect = defect
        self.socket = socket
    }

    /// The target up to the first `?`, not decoded: two spellings of one path are two paths here.
    package var path: Substring {
        questionMark.map { target[..<$0] } ?? target[...]
    }

    /// The target after the first `?`, not decoded; nil when there is none.
    package var query: Substring? {
        questionMark.map { target[target.utf8.index(after: $0)...] }
    }

    /// The first `?` of the target, looked for over a span: `firstIndex` is six times as dear.
    private var questionMark: String.Index? {
        let bytes = target.utf8.span
        for index in bytes.indices where bytes[index] == UInt8(ascii: "?") {
            return target.utf8.index(target.startIndex, offsetBy: index)
        }
        return nil
    }

    /// Why a server cannot accept a request. The connection closes after the answer.
    package enum Defect: Hashable, Sendable {
        /// The framing is ambiguous or the syntax wrong (RFC 9112); the text says what, for the client to read.
        case malformed(String)
        /// The head is longer than this many bytes.
        case headTooLarge(limit: Int)
        /// The body is longer than this many bytes.
        case bodyTooLarge(limit: Int)
    }
}

/// A request method, compared byte for byte as RFC 9110 section 9.1 requires: `get` is not `GET`.
@usableFromInline package struct Method: RawRepresentable, Hashable, Sendable {
    /// The token as it is in the request line.
    @usableFromInline package let rawValue: String

    /// - Parameter rawValue: the token as it is in the request line.
    @usableFromInline package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Whether both are the same token.
    @inlinable package static func == (left: Method, right: Method) -> Bool { left.rawValue == right.rawValue }
}

/// The methods that this program answers or sends (RFC 9110 section 9.3).
extension Method {
    package static let get = Method(rawValue: "GET")
    package static let head = Method(rawValue: "HEAD")
    package static let post = Method(rawValue: "POST")
    package static let put = Method(rawValue: "PUT")
    package static let options = Method(rawValue: "OPTIONS")
    package static let delete = Method(rawValue: "DELETE")
}

/// The other end of a connection.
package enum Peer: Hashable, Sendable {
    /// TCP; the address may be of either family.
    case ip(IPAddress, port: UInt16)
    /// A process on this machine, over a unix socket.
    case unix
}

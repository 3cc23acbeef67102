import HTTP

/// One request on its way in and its answer on its way out. Touched on the thread of the server's loop alone.
final class Exchange: @unchecked Sendable {
    enum Phase {
        /// The request line is here; the fields are not.
        case awaitingHead
        case receivingBody
        /// The task that makes the answer runs.
        case responding
        /// The answer is made, and waits for libmicrohttpd to ask for it or is on its way.
        case answered
    }

    /// How many times the limit of a body is read and dropped, because a client that still sends sees no answer.
    static let patience = 16

    let connection: Connection
    var request: Request
    var phase = Phase.awaitingHead
    var response: Response?
    /// Set for a defect after which nothing on the connection can be told apart any more.
    var mustClose = false
    /// The connection while libmicrohttpd has it suspended.
    var suspended: ConnectionHandle?
    /// Makes the answer.
    var task: Task<Void, Never>?
    private var discarded = 0

    /// Where the target stands in the library's buffer, for `HeadLayout`.
    let targetAddress: UInt

    init(target: String, at targetAddress: UInt, connection: Connection) {
        self.connection = connection
        self.targetAddress = targetAddress
        request = Request(method: .get, target: target, peer: connection.peer)
    }

    /// Takes a piece of the body. What is beyond the limit is dropped.
    /// - Returns: false when the client sends so much that the connection must end without an answer.
    func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        if request.defect == nil, request.body.count + bytes.count <= limit {
            unsafe request.body.append(contentsOf: bytes)
            return true
        }
        if request.defect == nil { request.defect = .bodyTooLarge(limit: limit) }
        request.body = []
        mustClose = true
        discarded += bytes.count
        return discarded <= Exchange.patience * limit
    }
}

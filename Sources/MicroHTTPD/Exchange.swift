import HTTP

/// One request on its way in and its answer on its way out. Touched only on the thread of the server's loop.
final class Exchange: @unchecked Sendable {
    enum Phase {
        /// The request line is here; the fields are not.
        case awaitingHead
        case receivingBody
        /// The task that makes the answer runs.
        case responding
        /// The answer is made, and waits for libmicrohttpd's next call or is on its way.
        case answered
    }

    /// How many times the limit of a body is read and dropped, because a client that still sends sees no answer.
    static let patience = 16

    let connection: Connection
    /// Filled in as the parts of the head arrive.
    var request: Request
    private(set) var phase = Phase.awaitingHead
    private(set) var response: Response?
    /// Set for a defect after which nothing on the connection can be told apart any more.
    private(set) var mustClose = false
    /// The connection while libmicrohttpd has it suspended.
    private var suspended: ConnectionHandle?
    /// Makes the answer.
    private var task: Task<Void, Never>?
    private var discarded = 0
    /// Whether libmicrohttpd is done with it.
    private var isOver = false
    /// Whether the client had gone when its answer was to be sent.
    private var isClientGone = false

    /// Where the target is in the library's buffer, for `HeadLayout`.
    let targetAddress: UInt

    init(target: String, at targetAddress: UInt, connection: Connection) {
        self.connection = connection
        self.targetAddress = targetAddress
        request = Request(method: .get, target: target, peer: connection.peer)
    }

    /// The head is complete.
    func beginBody() {
        phase = .receivingBody
    }

    /// The connection ends with this request.
    func closeAfterAnswer() {
        mustClose = true
    }

    /// Nothing more of the request is read; the answer says why.
    func refuse(_ defect: Request.Defect) {
        request.defect = defect
        mustClose = true
    }

    /// The request is complete, or refused.
    func beginAnswer() {
        phase = .responding
    }

    /// Keeps the task that makes the answer, to cancel it.
    func keep(_ task: Task<Void, Never>) {
        self.task = task
    }

    /// Cancels the task that makes the answer.
    func cancel() {
        task?.cancel()
    }

    /// Takes the answer.
    /// - Returns: false when there is one already, or nobody can get one any more.
    func finish(with response: Response) -> Bool {
        guard phase == .responding, !isOver else {
            response.delivery?.end(isHandedOver: false)
            return false
        }
        phase = .answered
        self.response = response
        return true
    }

    /// The answer is about to be sent. What is written to a client that has just closed seems to arrive, so its maker
    /// would not learn that it did not.
    func lookForClient() {
        guard response?.delivery != nil else { return }
        isClientGone = connection.hasEnd()
    }

    /// libmicrohttpd is done with the request and its answer, which it has sent or given up.
    func end(isCompleted: Bool) {
        isOver = true
        cancel()
        response?.delivery?.end(isHandedOver: isCompleted && !isClientGone)
    }

    /// Keeps libmicrohttpd from going on until `resume()`.
    func suspend(_ handle: ConnectionHandle) {
        suspended = handle
        handle.suspend()
    }

    /// Lets libmicrohttpd call for the answer.
    /// - Returns: false when it was not suspended.
    func resume() -> Bool {
        guard let handle = suspended else { return false }
        suspended = nil
        handle.resume()
        return true
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

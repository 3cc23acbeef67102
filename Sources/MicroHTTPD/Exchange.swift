import HTTP

/// One request on its way in and its answer on its way out. Touched only on the thread of the server's loop.
final class Exchange: @unchecked Sendable {
    enum Phase {
        /// The request line is here; the fields are not.
        case awaitingHead
        case receivingBody
        /// The answer is being made, perhaps by a task.
        case responding
        /// The answer is made, and waits for libmicrohttpd's next call or is on its way.
        case answered
    }

    /// How many times the limit of a body is read and dropped, because a client that still sends sees no answer.
    static let patience = 16

    let connection: Connection
    private(set) var phase = Phase.awaitingHead
    /// As the client spells it.
    let target: String
    /// Where the target is in the library's buffer, for `HeadLayout`.
    let targetAddress: UInt
    private var head = RequestHead()
    private var body: [UInt8] = []
    private var defect: Request.Defect?
    /// Set once the request is complete or refused.
    private(set) var request: Request?
    private var response: Response?
    /// What libmicrohttpd sends, when the response is to be kept.
    private var sent: ResponseHandle?
    /// Set for a defect after which nothing on the connection can be told apart any more.
    private(set) var mustClose = false
    /// The connection while libmicrohttpd has it suspended.
    private var suspended: ConnectionHandle?
    /// Makes the answer.
    private var task: Task<Void, Never>?
    private var discarded = 0
    /// Whom to tell whether the answer was handed over, until that is known.
    private var delivery: Delivery?
    /// Whether libmicrohttpd is done with it.
    private var isOver = false
    /// Whether the client had gone when its answer was to be sent.
    private var isClientGone = false

    init(target: String, at targetAddress: UInt, connection: Connection) {
        self.connection = connection
        self.target = target
        self.targetAddress = targetAddress
    }

    /// The head is complete.
    func beginBody(after head: consuming RequestHead) {
        phase = .receivingBody
        self.head = head
    }

    /// The connection ends with this request.
    func closeAfterAnswer() {
        mustClose = true
    }

    /// Nothing more of the request is read; the answer says why.
    func refuse(_ defect: Request.Defect) {
        self.defect = defect
        mustClose = true
    }

    /// The request is complete, or refused.
    func beginAnswer() -> Request {
        phase = .responding
        let request = Request(
            method: head.method, target: head.target, fields: head.fields, body: body, peer: connection.peer,
            defect: defect, socket: connection.socket)
        self.request = request
        return request
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
        delivery = response.delivery
        self.response = response
        return true
    }

    /// The answer, once: libmicrohttpd is about to get it.
    func takeResponse() -> Response? {
        response.take()
    }

    /// libmicrohttpd sends that response.
    func send(_ response: ResponseHandle) {
        sent = response
    }

    /// The response of `send`, which libmicrohttpd needs no more: the exchange is complete.
    func takeSent() -> ResponseHandle? {
        sent.take()
    }

    /// The answer is about to be sent. What is written to a client that has just closed seems to arrive, so its maker
    /// would not learn that it did not.
    func lookForClient() {
        guard delivery != nil else { return }
        isClientGone = connection.hasEnd()
    }

    /// libmicrohttpd is done with the request and its answer, which it has sent or given up.
    func end(isCompleted: Bool) {
        isOver = true
        cancel()
        guard let delivery else { return }
        self.delivery = nil
        delivery.end(isHandedOver: isCompleted && !isClientGone)
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

    /// A body of that size is announced.
    func expectBody(of size: Int) {
        body.reserveCapacity(size)
    }

    /// Takes a piece of the body. What is beyond the limit is dropped.
    /// - Returns: false when the client sends so much that the connection must end without an answer.
    func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        if defect == nil, body.count + bytes.count <= limit {
            unsafe body.append(contentsOf: bytes)
            return true
        }
        if defect == nil { defect = .bodyTooLarge(limit: limit) }
        body = []
        mustClose = true
        discarded += bytes.count
        return discarded <= Exchange.patience * limit
    }
}

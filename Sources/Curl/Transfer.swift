import CCurl
import HTTP
import Text

/// An easy handle with its options set, and the exchange it is busy with, if any. Used again and again: setting the
/// options again takes longer than everything else we do for a request.
@safe final class Transfer {
    // libcurl's callbacks get `self` unretained: the owner that adds the handle to a multi handle keeps the transfer until
    // it is removed, and `deinit` frees the handle.
    private var handle: EasyHandle
    private let userAgent: String
    private var request: OutboundRequest?
    private let answer: PartialResponse
    /// How much of a body that cannot be rewound libcurl has.
    private var sentCount = 0

    /// Its lane.
    let lane: Int
    /// Which exchange this is, among all of its client.
    private(set) var number: UInt64 = 0
    private var continuation: Continuation?

    typealias Continuation = UnsafeContinuation<Result<Response, TransferFailure>, Never>

    /// - Parameters:
    ///   - multi: the only one that it is to be added to.
    ///   - lane: transfers of different lanes do not share connections.
    init(_ settings: HTTPClientSettings, for multi: Multi, lane: Int) throws(CurlError) {
        self.lane = lane
        handle = try EasyHandle()
        userAgent = settings.userAgent
        answer = PartialResponse(maxBodyBytes: settings.maxBodyBytes)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe handle.setContext(
            context, for: [CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA])
        try unsafe handle.set(CURLOPT_READFUNCTION, Curl.sendBody)
        try handle.apply(settings)
        try unsafe handle.setSockets(multi.socketContext)
        // libcurl looks for a free connection among all that have the same host, port and scope. Only IPv6 addresses that
        // are valid on one link have a scope, and a URL with such an address names it, which takes precedence.
        try handle.set(CURLOPT_ADDRESS_SCOPE, lane)
    }

    /// For the multi handle.
    var pointer: ccurl_easy { unsafe handle.pointer }

    /// Sets what differs between exchanges. A transfer for which this fails is not to be used any more.
    /// - Parameter shared: the lines of the fields that the request has in common with others.
    func prepare(_ request: OutboundRequest, number: UInt64, shared: SharedLines?) throws(CurlError) {
        self.number = number
        self.request = request
        sentCount = 0
        handle.clearMessage()
        try handle.setURL(request.url)
        try handle.set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
        if let shared {
            let own = request.fields.all.dropFirst(shared.common.fields.all.count)
            try handle.setFields(HeaderList(own, before: shared))
        } else {
            try handle.setFields(HeaderList(request.fields, userAgent: userAgent))
        }
        try setMethod(request)
    }

    /// From now on the exchange is under way, and `end` is to be called.
    func begin(_ continuation: Continuation) {
        unsafe self.continuation = continuation
    }

    private func setMethod(_ request: OutboundRequest) throws(CurlError) {
        guard request.method.rawValue.isToken else {
            throw CurlError(call: "CURLOPT_CUSTOMREQUEST", words: "not a method")
        }
        switch request.method {
        case .head:
            try handle.set(CURLOPT_NOBODY, 1)
        case .post:
            try handle.set(CURLOPT_POST, 1)
            try setBody(request)
        case .get where request.body.isEmpty: break
        default:
            if !request.body.isEmpty {
                try handle.set(CURLOPT_POST, 1)
                try setBody(request)
            }
            try handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    /// A body from a callback, without a callback that rewinds it, makes libcurl fail where it would send a buffer again.
    private func setBody(_ request: OutboundRequest) throws(CurlError) {
        if request.mayRepeat || request.body.isEmpty {
            try handle.setBody(request.body)
        } else {
            try handle.setBodySize(request.body.count)
        }
    }

    /// The result of the exchange, once libcurl is done with it.
    func result(_ code: CURLcode) -> Result<Response, TransferFailure> {
        guard code == CURLE_OK else {
            let words = presentable(handle.lastMessage, for: code, hiding: request?.fields ?? [:])
            let wasSent = handle.requestBytesSent() > 0
            return .failure(TransferFailure(code, wasSent: wasSent, excess: answer.excess, words: words))
        }
        let status = handle.number(CURLINFO_RESPONSE_CODE)
        guard answer.hasWholeHead, !(100..<200).contains(status) else {
            return .failure(.broken("the answer has no end of its head"))
        }
        let fields: Fields
        if let request, let names = request.responseFields {
            let isSuccess = (200..<300).contains(status)
            fields = handle.responseFields(named: isSuccess ? names : names + request.failureFields)
        } else {
            fields = handle.responseFields
        }
        return .success(Response(Status(rawValue: status), fields: fields, body: answer.body))
    }

    /// Resumes the caller, and forgets request and answer, so that no key stays in a transfer that is not in use.
    func end(_ result: Result<Response, TransferFailure>) throws(CurlError) {
        unsafe continuation.take()?.resume(returning: result)
        request = nil
        answer.clear()
        try handle.setFields(HeaderList())
        try handle.set(CURLOPT_POSTFIELDS, nil)
        try handle.set(CURLOPT_CUSTOMREQUEST, nil)
        try handle.set(CURLOPT_HTTPGET, 1)
    }

    /// - Returns: false to end the transfer.
    func receiveLine(_ line: UnsafeRawBufferPointer) -> Bool { unsafe answer.receiveLine(line) }

    /// - Returns: false to end the transfer.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool { unsafe answer.receiveBody(bytes) }

    /// Copies the next part of a body that cannot be rewound.
    /// - Returns: how many bytes; 0 at its end.
    func sendBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let rest = request?.body[sentCount...] else { return 0 }
        let part = rest.prefix(buffer.count)
        unsafe buffer.copyBytes(from: part)
        sentCount += part.count
        return part.count
    }
}

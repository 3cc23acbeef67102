internal import CMicroHTTPD
import HTTP

/// What libmicrohttpd's handler does in each of its calls for a request: with the head, then after the body, then, for
/// an answer that took time, once more.
extension Server {
    /// The head is complete: reads the fields and decides whether the body is worth reading.
    func receiveHead(
        of exchange: Exchange, on handle: ConnectionHandle, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> MHD_Result {
        exchange.beginBody()
        let (methodText, versionText) = unsafe (String(cString: method), String(cString: version))
        exchange.request.method = Method(rawValue: methodText)
        var layout = unsafe HeadLayout(start: method)
        layout.addWord(UInt(bitPattern: method), count: methodText.utf8.count)
        layout.addWord(exchange.targetAddress, count: exchange.request.target.utf8.count)
        layout.addWord(UInt(bitPattern: version), count: versionText.utf8.count)
        layout.addLineEnd()
        guard let collector = handle.readFields(after: layout) else { return .NO }
        exchange.request.fields = collector.fields
        if let defect = Framing.defect(method: methodText, target: exchange.request.target) {
            exchange.request.method = Method(rawValue: "?")
            exchange.request.target = Framing.visible(exchange.request.target)
            return refuse(exchange, .malformed(defect), on: handle)
        }
        if let defect = collector.defect ?? Framing.defect(in: collector.fields, version: versionText) {
            return refuse(exchange, .malformed(defect), on: handle)
        }
        if let target = AbsoluteTarget(exchange.request.target, method: exchange.request.method) {
            if let defect = Framing.defect(in: target, host: collector.fields["Host"]) {
                return refuse(exchange, .malformed(defect), on: handle)
            }
            exchange.request.target = target.originForm
            exchange.request.fields = collector.fields.replacingHost(target.authority)
        }
        if handle.headSize > settings.maxHead {
            return refuse(exchange, .headTooLarge(limit: settings.maxHead), on: handle)
        }
        // libmicrohttpd reads chunks more leniently than RFC 9112 has it: nothing is read after their end.
        if collector.fields.count(of: "Transfer-Encoding") > 0 {
            exchange.closeAfterAnswer()
            watchChunks(of: exchange.connection)
        }
        guard let length = collector.fields["Content-Length"].flatMap(Framing.contentLength) else { return .YES }
        // A client that waits for 100 (Continue) has sent nothing yet, and one that announces a flood is not read out.
        let waits = collector.fields.count(of: "Expect") > 0
        if length > settings.maxBody, waits || length > Exchange.patience * settings.maxBody {
            return refuse(exchange, .bodyTooLarge(limit: settings.maxBody), on: handle)
        }
        exchange.request.body.reserveCapacity(min(length, settings.maxBody))
        return .YES
    }

    /// The request is complete: makes the answer, or hands over the one that has been made.
    func receiveEnd(of exchange: Exchange, on handle: ConnectionHandle) -> MHD_Result {
        if exchange.phase == .receivingBody {
            answer(exchange)
        } else {
            // The limit of `resume()` has had its effect.
            handle.limitSilence(seconds: 0)
        }
        return queueOrSuspend(exchange, on: handle)
    }

    /// Answers before the body is read; libmicrohttpd then closes the connection.
    private func refuse(_ exchange: Exchange, _ defect: Request.Defect, on handle: ConnectionHandle) -> MHD_Result {
        exchange.refuse(defect)
        answer(exchange)
        return queueOrSuspend(exchange, on: handle)
    }

    private func queueOrSuspend(_ exchange: Exchange, on handle: ConnectionHandle) -> MHD_Result {
        guard exchange.phase == .answered else {
            exchange.suspend(handle)
            return .YES
        }
        guard let response = exchange.response, let answer = ResponseHandle(response) else { return .NO }
        exchange.lookForClient()
        if ending.isLeaving || exchange.mustClose, !answer.add("Connection", "close") { return .NO }
        return handle.queue(answer, status: response.status)
    }
}

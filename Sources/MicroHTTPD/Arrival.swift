internal import CMicroHTTPD
import Glibc
import HTTP

/// What libmicrohttpd's handler does in each of its calls for a request: with the head, then after the body, then, for
/// an answer that took time, once more.
extension Server {
    /// The head is complete: reads the fields and decides whether the body is worth reading.
    func receiveHead(
        of exchange: Exchange, on handle: ConnectionHandle, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> MHD_Result {
        let methodBytes = unsafe UnsafeRawBufferPointer(start: method, count: strlen(method))
        let versionBytes = unsafe UnsafeRawBufferPointer(start: version, count: strlen(version))
        var layout = unsafe HeadLayout(start: method)
        layout.addWord(UInt(bitPattern: method), count: methodBytes.count)
        layout.addWord(exchange.targetAddress, count: exchange.target.utf8.count)
        layout.addWord(UInt(bitPattern: version), count: versionBytes.count)
        layout.addLineEnd()
        guard let collector = handle.readFields(after: layout) else { return .NO }
        var head = RequestHead(
            method: unsafe Method(methodBytes), target: exchange.target, fields: collector.fields)
        let defect = Framing.defect(in: &head, collector, version: unsafe HTTPVersion(versionBytes))
        exchange.beginBody(after: head)
        if let defect { return refuse(exchange, .malformed(defect), on: handle) }
        if handle.headSize > settings.maxHead {
            return refuse(exchange, .headTooLarge(limit: settings.maxHead), on: handle)
        }
        // libmicrohttpd reads chunks more leniently than RFC 9112 has it: nothing is read after their end.
        if collector.framing.codings > 0 {
            exchange.closeAfterAnswer()
            watchChunks(of: exchange.connection)
        }
        guard let length = collector.framing.length.flatMap(Framing.contentLength) else { return .YES }
        // A client that waits for 100 (Continue) has sent nothing yet, and one that announces a flood is not read out.
        let waits = collector.framing.expects
        if length > settings.maxBody, waits || length > Exchange.patience * settings.maxBody {
            return refuse(exchange, .bodyTooLarge(limit: settings.maxBody), on: handle)
        }
        if length > 0 { exchange.expectBody(of: min(length, settings.maxBody)) }
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
        guard let response = exchange.takeResponse() else { return .NO }
        exchange.lookForClient()
        guard ending.isLeaving || exchange.mustClose else {
            guard let answer = shelf.take(for: response) else { return .NO }
            exchange.send(answer)
            return handle.queue(answer, status: response.status)
        }
        guard let answer = ResponseHandle(response), answer.add("Connection", "close") else { return .NO }
        return handle.queue(answer, status: response.status)
    }
}

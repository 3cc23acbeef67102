package import HTTP
import Text

/// The answer of a server to the request of a WebSocket, while it arrives. Any status but 101 makes it an ordinary
/// response, which is read whole: its body says why.
package struct UpgradeAnswer {
    /// What the server said.
    package enum Outcome: Hashable {
        /// The WebSocket is open; the server has sent these bytes on it already.
        case upgraded(rest: [UInt8])
        case refused(Response)
        /// It is not the answer of a WebSocket server.
        case unusable(String)
    }

    private static let maxHeadBytes = 16_384
    private static let maxBodyBytes = 65_536
    private static let maxInterimHeads = 8

    private let accept: String
    /// What has arrived, and once the head of the final response is read, what follows it.
    private var bytes: [UInt8] = []
    /// Where the head begins that is not read yet.
    private var headStart = 0
    private var interimHeads = 0
    /// The final response, once its head is complete.
    private var response: Response?
    private var chunks = ChunkedBody()

    /// Nothing has arrived.
    package init(to key: UpgradeKey) {
        accept = key.accept
    }

    /// - Returns: nil while more must come.
    /// Takes bytes of the server.
    package mutating func receive(_ new: some Collection<UInt8>) -> Outcome? {
        // The end of the head may have begun before.
        var start = max(headStart, bytes.count - 3)
        bytes += new
        while response == nil {
            guard let end = bytes[start...].firstIndexAfterBlankLine else {
                let isTooLong = bytes.count - headStart > UpgradeAnswer.maxHeadBytes
                return isTooLong ? .unusable("the head of its answer is too long") : nil
            }
            guard end - headStart <= UpgradeAnswer.maxHeadBytes, let head = Response(head: bytes[headStart..<end])
            else { return .unusable("its answer is not HTTP") }
            (headStart, start) = (end, end)
            if head.status.rawValue == 101 { return judge(head) }
            if head.status.rawValue >= 200 {
                response = head
                bytes.removeFirst(end)
            } else {
                // Interim responses may come before (RFC 9110 section 15.2).
                interimHeads += 1
                guard interimHeads <= UpgradeAnswer.maxInterimHeads else {
                    return .unusable("it sends interim answers only")
                }
            }
        }
        return body(isEnded: false)
    }

    /// The server sends no more.
    mutating func end() -> Outcome {
        guard response != nil else { return .unusable("it closed the connection without an answer") }
        return body(isEnded: true) ?? .unusable("its answer breaks off")
    }

    private func judge(_ head: Response) -> Outcome {
        let fields = head.fields
        let tokens = fields.values(of: "Connection").flatMap { $0.split(separator: ",") }
        guard fields.only("Upgrade")?.equalsIgnoringCase("websocket") == true,
            tokens.contains(where: { String($0.utf8.trimmingOptionalWhitespace)?.equalsIgnoringCase("upgrade") == true }
            )
        else { return .unusable("its answer does not change the protocol to WebSocket") }
        guard let said = fields.only("Sec-WebSocket-Accept"), said.hasSameBytes(as: accept) else {
            return .unusable("its answer does not prove that it read the request")
        }
        // Neither was asked for (RFC 6455 section 4.1).
        guard fields.count(of: "Sec-WebSocket-Extensions") == 0, fields.count(of: "Sec-WebSocket-Protocol") == 0 else {
            return .unusable("its answer names an extension or a protocol that was not offered")
        }
        return .upgraded(rest: Array(bytes[headStart...]))
    }

    /// The body, framed as RFC 9112 section 6 says; nil while it is not complete.
    private mutating func body(isEnded: Bool) -> Outcome? {
        guard var response else { return nil }
        guard bytes.count <= UpgradeAnswer.maxBodyBytes else { return .unusable("its answer is too long") }
        switch (response.fields["Transfer-Encoding"], response.fields["Content-Length"]) {
        case (_?, _):
            do {
                guard try chunks.isComplete(in: bytes) else { return nil }
                response.body = chunks.content
            } catch { return .unusable("its answer is not HTTP") }
        case (nil, let length?):
            guard length.utf8.allSatisfy(\.isDigit), let count = Int(length) else {
                return .unusable("its answer is not HTTP")
            }
            guard bytes.count >= count else { return nil }
            response.body = Array(bytes.prefix(count))
        case (nil, nil):
            guard isEnded || response.status == .noContent else { return nil }
            response.body = bytes
        }
        return .refused(response)
    }
}

private struct NotChunked: Error {}

/// A chunked body while it arrives, without its trailer (RFC 9112 section 7.1). No chunk is read twice.
private struct ChunkedBody {
    /// Of the chunks that are complete.
    private(set) var content: [UInt8] = []
    /// Where the chunk begins that is not complete.
    private var start = 0
    /// Where the search for the end of its first line goes on.
    private var searched = 0

    /// Whether the last chunk has come.
    /// - Parameter bytes: all that has arrived, each time.
    mutating func isComplete(in bytes: [UInt8]) throws(NotChunked) -> Bool {
        while let lineEnd = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let digits = bytes[start..<lineEnd].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\r") }
            guard !digits.isEmpty, digits.count <= 8,
                let count = Int(String(decoding: digits, as: UTF8.self), radix: 16), count >= 0
            else { throw NotChunked() }
            if count == 0 { return true }
            searched = lineEnd
            let end = lineEnd + 1 + count
            guard bytes.count >= end + 2 else { return false }
            guard bytes[end...].starts(with: "\r\n".utf8) else { throw NotChunked() }
            content += bytes[(lineEnd + 1)..<end]
            (start, searched) = (end + 2, end + 2)
        }
        searched = bytes.count
        return false
    }
}

extension Response {
    /// Reads a head: a status line and field lines, each ended by CRLF (RFC 9112 sections 4 and 5); nil when anything
    /// is not as it should be.
    fileprivate init?(head: ArraySlice<UInt8>) {
        guard let text = String(validating: head.dropLast(4), as: UTF8.self) else { return nil }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
        }[...]
        guard let statusLine = lines.popFirst(), statusLine.starts(with: "HTTP/1.1 ".utf8) else { return nil }
        let digits = statusLine.dropFirst(9).prefix { $0 != UInt8(ascii: " ") }
        guard digits.count == 3, digits.allSatisfy(\.isDigit), let status = Int(String(Substring(digits))),
            (100..<600).contains(status)
        else { return nil }
        self.init(Status(rawValue: status))
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let name = String(Substring(line[..<colon]))
            let value = Substring(line[line.index(after: colon)...]).utf8.trimmingOptionalWhitespace
            guard name.isToken, value.allSatisfy(\.isFieldValueCharacter) else { return nil }
            fields.append(name, String(Substring(value)))
        }
    }
}

extension ArraySlice<UInt8> {
    /// Where the body begins; nil when the head has no end here.
    fileprivate var firstIndexAfterBlankLine: Int? {
        let blankLine = Array("\r\n\r\n".utf8)
        return indices.first { self[$0] == 0x0D && self[$0...].starts(with: blankLine) }.map { $0 + 4 }
    }
}

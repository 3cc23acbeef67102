import HTTP
import Text

/// The part of an answer that has arrived, collected line by line and capped.
struct PartialResponse {
    /// Why no more of the answer is taken.
    enum Excess {
        case head
        case body
    }

    private enum Stage {
        case statusLine
        case fields
        case body
    }

    private static let maxHeadBytes = 65_536

    private(set) var body: [UInt8] = []
    /// Set once a limit is passed.
    private(set) var excess: Excess?
    private let maxBodyBytes: Int
    private var stage = Stage.statusLine
    private var status = Status(rawValue: 0)
    private var fields = Fields()
    private var headBytes = 0

    init(maxBodyBytes: Int) {
        self.maxBodyBytes = maxBodyBytes
    }

    /// The answer as a whole; nil when the head did not come to its end.
    var response: Response? {
        stage == .body ? Response(status, fields: fields, body: body) : nil
    }

    /// Takes one line, with its line ending, of the head of an interim answer (1xx), of the head of the final answer,
    /// or of the trailer. Only the final head is kept.
    /// - Returns: false when the limit is passed.
    mutating func receiveLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= PartialResponse.maxHeadBytes else {
            excess = .head
            return false
        }
        let line = unsafe line.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        switch stage {
        case .statusLine:
            status = Status(rawValue: unsafe statusCode(in: line))
            fields = Fields()
            stage = .fields
        case .fields:
            if unsafe line.isEmpty {
                stage = (100..<200).contains(status.rawValue) ? .statusLine : .body
            } else {
                unsafe appendField(line)
            }
        case .body: break
        }
        return true
    }

    /// - Returns: false when the limit is passed.
    mutating func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= maxBodyBytes - body.count else {
            excess = .body
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// `HTTP/1.1 200 OK`, `HTTP/2 200`: libcurl has checked the form.
    private func statusCode(in line: Slice<UnsafeRawBufferPointer>) -> Int {
        let digits = unsafe line.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix(3)
        return unsafe digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
    }

    /// Leaves out what belongs to the connection, and lines that are not fields.
    private mutating func appendField(_ line: Slice<UnsafeRawBufferPointer>) {
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = unsafe String(decoding: line[..<colon], as: UTF8.self)
        guard name.isToken, !PartialResponse.connectionFields.contains(where: name.equalsIgnoringCase) else { return }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = unsafe line[(colon + 1)...].drop(while: isBlank)
        while let last = unsafe value.last, isBlank(last) { unsafe value.removeLast() }
        fields.append(name, unsafe String(decoding: value, as: UTF8.self))
    }

    private static let connectionFields = ["Connection", "Content-Length", "Date", "Keep-Alive", "Transfer-Encoding"]
}

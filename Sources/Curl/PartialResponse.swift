import Glibc

/// The part of an answer that has arrived: its body, and how far its head has come. libcurl keeps the fields of the head.
///
/// An object, because libcurl reports each line of a head: of a struct inside another object, each report would begin and
/// end an access that is checked at run time.
final class PartialResponse {
    /// The limit at which the transfer was ended.
    enum Excess {
        case head
        case body
    }

    private static let maxHeadBytes = 65_536

    private(set) var body: [UInt8] = []
    /// Set once a limit is passed.
    private(set) var excess: Excess?
    /// Whether the last head that began, interim or final, came to its end. libcurl does not report one that did not.
    private(set) var hasWholeHead = false
    private let maxBodyBytes: Int
    private var headBytes = 0

    init(maxBodyBytes: Int) {
        self.maxBodyBytes = maxBodyBytes
    }

    /// Forgets the answer, so that the next one may arrive.
    func clear() {
        body = []
        excess = nil
        hasWholeHead = false
        headBytes = 0
    }

    /// Receives one line, with its line ending, of the head of an interim answer (1xx), of the head of the final answer,
    /// or of the trailer.
    /// - Returns: false when the limit is passed.
    func receiveLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= PartialResponse.maxHeadBytes else {
            excess = .head
            return false
        }
        // A blank line ends a head. The status line begins one: a line of the trailer cannot be mistaken for it.
        if line.count <= 2 {
            hasWholeHead = true
        } else if line.count > 5, let start = line.baseAddress, unsafe memcmp(start, "HTTP/", 5) == 0 {
            hasWholeHead = false
        }
        return true
    }

    /// - Returns: false when the limit is passed.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= maxBodyBytes - body.count else {
            excess = .body
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }
}

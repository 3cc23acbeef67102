/// Why bytes are not JSON, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in words that stand behind "line 3, column 7: ".
    package let message: String
    /// Counted from 1.
    package let line: Int
    /// Counted from 1, in Unicode scalars, as most editors show it.
    package let column: Int

    /// An error at that offset of the text.
    init(_ message: String, at offset: Int, of bytes: [UInt8]) {
        let before = bytes[..<min(offset, bytes.count)]
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        self.message = message
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        // Bytes of the form 10xxxxxx continue a scalar.
        column = 1 + before[lineStart...].count { $0 & 0xC0 != 0x80 }
    }

    /// `line 3, column 7: ` and the message.
    package var description: String {
        "line \(line), column \(column): \(message)"
    }
}

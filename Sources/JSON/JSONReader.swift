import Text

/// Reads a JSON text. It works on bytes, and builds a `String` only for a name or a value that is kept.
struct JSONReader {
    /// Most levels of arrays and objects: enough for any tool schema, and far from the end of the stack.
    static let depthLimit = 64

    let bytes: [UInt8]
    let dialect: JSONDialect
    var index = 0
    /// What was read that is not JSON.
    var extensions: Set<JSONExtension> = []
    /// The number of values that may still be read.
    private var valuesLeft: Int
    private var depth = 0

    /// Throws at once if the bytes are not UTF-8.
    init(_ bytes: [UInt8], dialect: JSONDialect = .strict, values: Int = .max) throws(JSONError) {
        self.bytes = bytes
        valuesLeft = values
        self.dialect = dialect
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError("the text is not UTF-8", at: error.byteOffsets.lowerBound, of: bytes)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw JSONError("the text starts with a byte order mark; save it as UTF-8 without one", at: 0, of: bytes)
        }
    }

    /// The next byte; nil at the end.
    var next: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    func error(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message, at: offset ?? index, of: bytes)
    }

    /// The next value, as a tree.
    mutating func value() throws(JSONError) -> JSON {
        try skipSpace()
        // The memory and the time for a stranger's text depend on its values, not on its bytes.
        guard valuesLeft > 0 else { throw error("the text has too many values") }
        valuesLeft -= 1
        let value = try plainValue()
        if dialect == .javaScript { try skipAssertions() }
        return value
    }

    private mutating func plainValue() throws(JSONError) -> JSON {
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case .some(let byte) where byte.isDigit || byte == UInt8(ascii: "-"): return .number(try number())
        case UInt8(ascii: "'"), UInt8(ascii: "`"):
            guard dialect == .javaScript else { throw error("strings must be in double quotes") }
            extensions.insert(.code)
            return .string(try string())
        default: return try word()
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        var members: [JSONObject.Member] = []
        var seen: Set<[UInt8]> = []
        try open()
        while try element(closedBy: UInt8(ascii: "}"), isFirst: members.isEmpty) {
            let start = index
            let name = try name()
            let isRepeated: Bool
            // Past a few members a set keeps the work linear, whatever a stranger sends.
            if members.count < 16 {
                isRepeated = members.contains { $0.name.hasSameBytes(as: name) }
            } else {
                if seen.isEmpty { seen = Set(members.map { Array($0.name.utf8) }) }
                isRepeated = !seen.insert(Array(name.utf8)).inserted
            }
            if isRepeated { throw error("the member \(JSON.string(name).description) is repeated", at: start) }
            members.append(JSONObject.Member(name, try value()))
        }
        return JSONObject(distinct: members)
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        var elements: [JSON] = []
        try open()
        while try element(closedBy: UInt8(ascii: "]"), isFirst: elements.isEmpty) {
            elements.append(try value())
        }
        return elements
    }

    /// Steps over `{` or `[`.
    mutating func open() throws(JSONError) {
        depth += 1
        if depth > JSONReader.depthLimit { throw error("nested deeper than \(JSONReader.depthLimit) levels") }
        index += 1
    }

    /// Steps to the next element of an array or object; false at the end, after stepping over the closing bracket.
    mutating func element(closedBy close: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
        try skipSpace()
        if !isFirst, next != close {
            guard next == UInt8(ascii: ",") else {
                throw error("expected a comma or \(quoted(close)), found \(found)")
            }
            index += 1
            try skipSpace()
            if next == close {
                if dialect == .strict { throw error("a comma must be followed by another element") }
                extensions.insert(.trailingCommas)
            }
        }
        guard next == close else { return true }
        index += 1
        depth -= 1
        return false
    }

    /// Checks that only white space follows the value.
    mutating func finish() throws(JSONError) {
        try skipSpace()
        if index < bytes.count { throw error("expected the end of the text, found \(found)") }
    }
}

/// Why bytes are not JSON, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, to follow "line 3, column 7: ".
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

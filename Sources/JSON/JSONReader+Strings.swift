/// Strings of JSON and of JavaScript.
extension JSONReader {
    /// The string whose opening quote is the next byte.
    mutating func string() throws(JSONError) -> String {
        let start = index + 1
        guard try skipStringWithoutEscapes() else {
            return String(decoding: try unescaped(from: start), as: UTF8.self)
        }
        return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
    }

    /// Steps over the string if nothing in it is escaped; else stops inside, at the first backslash.
    mutating func skipStringWithoutEscapes() throws(JSONError) -> Bool {
        let quote = bytes[index]
        index += 1
        return try skipPlainText(until: quote)
    }

    /// Steps over unescaped characters; true when the quote ended them, false at a backslash.
    private mutating func skipPlainText(until quote: UInt8) throws(JSONError) -> Bool {
        // Most of a text is read here, so the search works on locals, and without a closure.
        let bytes = bytes
        let text = bytes.span
        var stop = index
        while stop < text.count {
            let byte = text[stop]
            if byte == quote || byte == UInt8(ascii: "\\") || byte < 0x20 || byte == UInt8(ascii: "$") { break }
            stop &+= 1
        }
        index = stop
        while index < bytes.count {
            let byte = bytes[index]
            if byte == quote {
                index += 1
                return true
            }
            if byte == UInt8(ascii: "\\") { return false }
            if byte < 0x20, quote != UInt8(ascii: "`") {
                throw error("line breaks, tabs and other control characters in a string must be escaped")
            }
            if byte == UInt8(ascii: "$"), quote == UInt8(ascii: "`"), index + 1 < bytes.count,
                bytes[index + 1] == UInt8(ascii: "{")
            {
                throw error("a template with ${…} needs a program to fill it in; write the text itself")
            }
            index += 1
        }
        throw error("the string has no closing quote")
    }

    /// The UTF-8 of the string that began at `start`, from its first backslash on.
    mutating func unescaped(from start: Int) throws(JSONError) -> [UInt8] {
        let quote = bytes[start - 1]
        var text = Array(bytes[start..<index])
        while true {
            try appendEscape(to: &text)
            let plain = index
            let isClosed = try skipPlainText(until: quote)
            text += bytes[plain..<(isClosed ? index - 1 : index)]
            if isClosed { return text }
        }
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONError) {
        let start = index
        index += 1
        guard let byte = next else { throw error("the string has no closing quote") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += try escapedScalar(startingAt: start).utf8
        case UInt8(ascii: "'") where dialect == .javaScript, UInt8(ascii: "`") where dialect == .javaScript,
            UInt8(ascii: "$") where dialect == .javaScript:
            text.append(byte)
        case UInt8(ascii: "\n") where dialect == .javaScript: break
        default: throw error("a backslash must be followed by one of \" \\ / b f n r t u", at: start)
        }
    }

    private mutating func escapedScalar(startingAt start: Int) throws(JSONError) -> UnicodeScalar {
        let first = try hexQuad(startingAt: start)
        if let scalar = UnicodeScalar(first) { return scalar }
        guard first < 0xDC00, next == UInt8(ascii: "\\"), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw error("half of a surrogate pair is missing", at: start) }
        index += 2
        let second = try hexQuad(startingAt: start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = UnicodeScalar(0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00)))
        else { throw error("half of a surrogate pair is missing", at: start) }
        return scalar
    }

    private mutating func hexQuad(startingAt start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("\\u must be followed by four hexadecimal digits", at: start)
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }
}

import Text

/// Words, numbers and white space.
extension JSONReader {
    mutating func skipSpace() throws(JSONError) {
        while let byte = next {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): index += 1
            case UInt8(ascii: "/") where dialect == .javaScript: try skipComment()
            default: return
            }
        }
    }

    /// The name of a member; steps over the colon after it.
    mutating func name() throws(JSONError) -> String {
        let name: String
        switch next {
        case UInt8(ascii: "\""): name = try string()
        case UInt8(ascii: "'") where dialect == .javaScript:
            extensions.insert(.code)
            name = try string()
        case .some(let byte) where byte.startsIdentifier:
            guard dialect == .javaScript else {
                throw error("member names must be in double quotes (this looks like a JavaScript object)")
            }
            extensions.insert(.code)
            name = identifier()
        default: throw error("expected a member name in double quotes, found \(found)")
        }
        try colon()
        return name
    }

    /// Steps over the colon between a name and its value.
    mutating func colon() throws(JSONError) {
        try skipSpace()
        guard next == UInt8(ascii: ":") else {
            throw error("expected a colon after the member name, found \(found)")
        }
        index += 1
    }

    mutating func word() throws(JSONError) -> JSON {
        let start = index
        switch identifier() {
        case "true": return true
        case "false": return false
        case "null": return .null
        case "": throw error("expected a value, found \(found)")
        case let other:
            let repair = dialect == .javaScript ? "; write the value itself" : ""
            throw error("expected a value, found \(other)\(repair)", at: start)
        }
    }

    mutating func number() throws(JSONError) -> JSONNumber {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        let integerStart = index
        try digits()
        if bytes[integerStart] == UInt8(ascii: "0"), index - integerStart > 1 {
            throw error("a number must not start with a zero", at: start)
        }
        if next == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        return JSONNumber(checkedSpelling: String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = index
        while let byte = next, byte.isDigit { index += 1 }
        if index == start { throw error("expected a digit, found \(found)") }
    }

    /// The next word: letters, digits, `_` and `$`.
    mutating func identifier() -> String {
        let start = index
        while let byte = next, byte.startsIdentifier || byte.isDigit { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// A description of the next byte.
    var found: String {
        next.map(quoted) ?? "the end of the text"
    }

    func quoted(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "something else"
    }
}

extension UInt8 {
    /// Whether a name in JavaScript may begin with the byte: ASCII letters, `_` and `$`.
    var startsIdentifier: Bool { isLetter || self == UInt8(ascii: "_") || self == UInt8(ascii: "$") }
}

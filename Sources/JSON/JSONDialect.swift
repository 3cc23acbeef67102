import Text

/// The syntax that a reader accepts.
enum JSONDialect: Sendable {
    /// RFC 8259 and nothing else, for everything that comes over the network.
    case strict
    /// JSON, or a JavaScript or TypeScript object literal pasted from a program: bare member names, single quotes,
    /// templates without `${…}`, comments, trailing commas, `as const` and `satisfies T`, and the statement around it.
    /// For session files only.
    case javaScript
}

/// A syntax of JavaScript that is not JSON.
package enum JSONExtension: Sendable {
    /// Comments.
    case comments
    /// Commas after the last element.
    case trailingCommas
    /// Names, quotes and statements of a program.
    case code
}

/// The parts of JavaScript and TypeScript that are not JSON.
extension JSONReader {
    mutating func skipComment() throws(JSONError) {
        let start = index
        let opening = bytes[index...].prefix(2)
        extensions.insert(.comments)
        if opening.elementsEqual("//".utf8) {
            while let byte = next, byte != UInt8(ascii: "\n") { index += 1 }
        } else if opening.elementsEqual("/*".utf8) {
            index += 2
            while !bytes[index...].prefix(2).elementsEqual("*/".utf8) {
                if index >= bytes.count { throw error("the comment is not closed", at: start) }
                index += 1
            }
            index += 2
        } else {
            throw error("expected a comment, found \(found)")
        }
    }

    /// Steps over imports and over `const sessionConfig: T =`, `export default`, `module.exports =` and the like.
    mutating func skipAssignment() throws(JSONError) {
        try skipSpace()
        while startsWord("import") { try skipImport() }
        let start = index
        guard let first = next, first.startsIdentifier else { return }
        extensions.insert(.code)
        // The function that would be called with the object: the words since the last `=`, and their place.
        var (callee, place) = ("", index)
        while let byte = next {
            if byte.startsIdentifier {
                if callee.isEmpty { place = index }
                callee += (callee.isEmpty || callee.hasSuffix(".") ? "" : " ") + identifier()
                if callee == "export default" { callee = "" }
            } else if byte == UInt8(ascii: ":") {
                index += 1
                try skipType(until: "=")
            } else if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "=") {
                index += 1
                callee = byte == UInt8(ascii: ".") ? "\(callee)." : ""
            } else {
                break
            }
            try skipSpace()
        }
        let isFunction = callee.split(separator: " ").contains { $0 == "function" || $0 == "async" }
        if next == UInt8(ascii: "("), !callee.isEmpty, !isFunction {
            let repair = "leave only the object inside its parentheses, from its { to its }"
            throw error("\(callee)(…) is a call, which a session file cannot make; \(repair)", at: place)
        }
        guard next == UInt8(ascii: "{") || next == UInt8(ascii: "[") else {
            index = start
            let word = identifier()
            throw error("the text begins with \(word); leave only the object, from its { to its }", at: start)
        }
    }

    /// Steps over `as const` and `satisfies T` after a value.
    mutating func skipAssertions() throws(JSONError) {
        let start = index
        try skipSpace()
        guard startsWord("as") || startsWord("satisfies") else {
            index = start
            return
        }
        extensions.insert(.code)
        // A colon is not part of a type here, so the name before it is not skipped.
        try skipType(until: ",;:}])\n")
    }

    /// Steps over the semicolon that ends a statement, and over `export default NAME;` after it.
    mutating func skipEnd() throws(JSONError) {
        try skipSemicolon()
        let start = index
        guard startsWord("export") || startsWord("module") else { return }
        while let byte = next, byte.startsIdentifier || byte.isDigit || ".= ".utf8.contains(byte) { index += 1 }
        guard next == nil || next == UInt8(ascii: ";") || next == UInt8(ascii: "\n") else {
            index = start
            return
        }
        try skipSemicolon()
    }

    private mutating func skipSemicolon() throws(JSONError) {
        try skipSpace()
        if next == UInt8(ascii: ";") {
            index += 1
            try skipSpace()
        }
    }

    /// Whether that whole word is at the current place.
    private func startsWord(_ word: StaticString) -> Bool {
        var reader = self
        return reader.identifier() == "\(word)"
    }

    /// Steps over `import type {Session} from "openai";`.
    private mutating func skipImport() throws(JSONError) {
        extensions.insert(.code)
        while let byte = next, !byte.isQuote, byte != UInt8(ascii: ";") {
            if byte == UInt8(ascii: "/") { try skipComment() } else { index += 1 }
        }
        if next?.isQuote == true { _ = try string() }
        try skipSemicolon()
    }

    /// Steps over a type, up to one of these characters outside of its brackets, or to the end of the text. An operator is
    /// refused, because it would have to be computed.
    private mutating func skipType(until stops: StaticString) throws(JSONError) {
        let stops = Array("\(stops)".utf8)
        var depth = 0
        while let byte = next {
            if depth == 0, stops.contains(byte) { return }
            if byte.isQuote {
                _ = try string()
                continue
            }
            // A comment may contain characters that end a type.
            if byte == UInt8(ascii: "/") {
                try skipComment()
                continue
            }
            let isDoubled = index + 1 < bytes.count && bytes[index + 1] == byte
            guard depth > 0 || byte.isPartOfType && !("|&".utf8.contains(byte) && isDoubled) else {
                throw error("expected the end of a type, found \(found)")
            }
            if "{([<".utf8.contains(byte) { depth += 1 }
            if "})]>".utf8.contains(byte) { depth = max(0, depth - 1) }
            index += 1
        }
    }
}

extension UInt8 {
    fileprivate var isQuote: Bool { "\"'`".utf8.contains(self) }

    /// Whether a type may have it outside of its brackets.
    fileprivate var isPartOfType: Bool {
        startsIdentifier || isDigit || self >= 0x80 || " \t\r\n.|&{([<>)]}".utf8.contains(self)
    }
}

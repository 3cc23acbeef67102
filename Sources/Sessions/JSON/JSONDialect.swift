/// What a reader takes for JSON.
enum JSONDialect: Sendable {
    /// RFC 8259 and nothing beyond it. Everything that comes over the network is read so.
    case strict
    /// Also a JavaScript object literal as people paste it from a program: bare member names, single quotes, templates
    /// without `${…}`, comments, trailing commas, and `const name =` before and `;` behind it. For session files only.
    case javaScript
}

/// The parts of JavaScript that are not JSON.
extension JSONReader {
    mutating func skipComment() throws(JSONError) {
        let start = index
        let opening = bytes[index...].prefix(2)
        hasComments = true
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

    /// Steps over `const sessionConfig =`, `export default`, `module.exports =` and the like, when an object follows.
    mutating func skipAssignment() throws(JSONError) {
        let start = index
        try skipSpace()
        while let byte = next, byte.startsIdentifier || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "=") {
            index += 1
            if !byte.startsIdentifier { continue }
            _ = identifier()
            try skipSpace()
        }
        try skipSpace()
        if next != UInt8(ascii: "{") { index = start }
    }

    /// Steps over the semicolon that ends a statement.
    mutating func skipSemicolon() throws(JSONError) {
        try skipSpace()
        if next == UInt8(ascii: ";") { index += 1 }
    }
}

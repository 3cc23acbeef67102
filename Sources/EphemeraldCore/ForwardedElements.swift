import HTTP
import Text

/// The `for` values of one `Forwarded` line, element by element; nil for an element that has none or is malformed.
struct ForwardedElements: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View
    private var isDone = false

    init(_ line: String) {
        rest = Substring(line).utf8
    }

    mutating func next() -> String?? {
        guard !isDone else { return nil }
        var node: String?
        var isSound = true
        repeat {
            guard let (name, value) = pair() else {
                isSound = false
                break
            }
            guard name.equalsIgnoringCase("for") else { continue }
            // A parameter may stand once only.
            isSound = isSound && node == nil
            node = value
        } while skip(UInt8(ascii: ";"))
        if let byte = rest.first, byte != UInt8(ascii: ",") {
            isSound = false
            skipToEnd()
        }
        isDone = !skip(UInt8(ascii: ","))
        return .some(isSound ? node : nil)
    }

    /// `token "=" value`, with the white space that proxies put around pairs.
    private mutating func pair() -> (name: String, value: String)? {
        rest = rest.trimmingOptionalWhitespace
        let name = rest.prefix(while: \.isNameByte)
        guard !name.isEmpty, rest.dropFirst(name.count).first == UInt8(ascii: "=") else { return nil }
        rest = rest.dropFirst(name.count + 1)
        let value = rest.first == UInt8(ascii: "\"") ? quoted() : plain()
        rest = rest.trimmingOptionalWhitespace
        return value.map { (String(decoding: name, as: UTF8.self), $0) }
    }

    /// A token, and besides what some proxies forget to quote: brackets and colons.
    private mutating func plain() -> String? {
        let value = rest.prefix { !"\",; \t".utf8.contains($0) }
        rest = rest.dropFirst(value.count)
        return value.isEmpty ? nil : String(Substring(value))
    }

    /// A quoted string (RFC 9110 section 5.6.4); nil when it does not end.
    private mutating func quoted() -> String? {
        var value: [UInt8] = []
        var bytes = rest.dropFirst()
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                rest = bytes
                return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = bytes.popFirst() else { return nil }
                value.append(escaped)
            default:
                value.append(byte)
            }
        }
        return nil
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Goes to the comma that ends a malformed element. A quote left open takes the rest of the line with it.
    private mutating func skipToEnd() {
        var isQuoted = false
        while let byte = rest.first, isQuoted || byte != UInt8(ascii: ",") {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            rest = rest.dropFirst()
        }
    }
}

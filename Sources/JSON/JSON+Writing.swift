import Text

extension JSON: CustomStringConvertible {
    /// The value on one line of UTF-8, without white space.
    package func serialized() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        append(to: &out, indent: nil)
        return out
    }

    /// The value as people write it: two spaces for each level, arrays of plain values on one line, a line feed at the
    /// end.
    package func prettyPrinted() -> [UInt8] {
        var out: [UInt8] = []
        append(to: &out, indent: 0)
        out.append(UInt8(ascii: "\n"))
        return out
    }

    /// The value on one line, without white space.
    package var description: String {
        String(decoding: serialized(), as: UTF8.self)
    }

    /// - Parameter indent: levels around the value; nil for one line.
    fileprivate func append(to out: inout [UInt8], indent: Int?) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let flag): out += (flag ? "true" : "false").utf8
        case .number(let number): out += number.spelling.utf8
        case .string(let text): text.appendQuoted(to: &out)
        case .array(let elements):
            let isLine = !elements.contains(where: \.isContainer)
            out.append(UInt8(ascii: "["))
            JSON.append(elements, comma: isLine && indent != nil ? ", " : ",", to: &out, indent: isLine ? nil : indent)
            {
                $0.append(to: &$1, indent: $2)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out.append(UInt8(ascii: "{"))
            JSON.append(object.members, comma: ",", to: &out, indent: indent) { member, out, indent in
                member.name.appendQuoted(to: &out)
                out += (indent == nil ? ":" : ": ").utf8
                member.value.append(to: &out, indent: indent)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func append<Item>(
        _ items: [Item], comma: String, to out: inout [UInt8], indent: Int?,
        item: (Item, inout [UInt8], Int?) -> Void
    ) {
        let inner = indent.map { $0 + 1 }
        for (index, element) in items.enumerated() {
            if index > 0 { out += comma.utf8 }
            if let inner { startLine(of: &out, indent: inner) }
            item(element, &out, inner)
        }
        if let indent, !items.isEmpty { startLine(of: &out, indent: indent) }
    }

    private static func startLine(of out: inout [UInt8], indent: Int) {
        out.append(UInt8(ascii: "\n"))
        out.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indent))
    }

    private var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}

extension String {
    /// Appends the text as a JSON string. It escapes only what must be escaped (RFC 8259 section 7).
    func appendQuoted(to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        let bytes = utf8.span
        // Most texts need no escape.
        if bytes.firstEscaped(from: 0) < bytes.count {
            for index in bytes.indices { bytes[index].appendEscaped(to: &out) }
        } else {
            out += utf8
        }
        out.append(UInt8(ascii: "\""))
    }
}

extension UInt8 {
    fileprivate func appendEscaped(to out: inout [UInt8]) {
        switch self {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), self]
        case 0x08: out += "\\b".utf8
        case 0x09: out += "\\t".utf8
        case 0x0A: out += "\\n".utf8
        case 0x0C: out += "\\f".utf8
        case 0x0D: out += "\\r".utf8
        case ..<0x20: out += ((self < 0x10 ? "\\u000" : "\\u00") + String(self, radix: 16)).utf8
        default: out.append(self)
        }
    }
}

/// A JSON object on one line, written member by member straight into bytes, for what most requests write.
package struct JSONLine {
    private var out: [UInt8]
    /// Whether the current object has a member already.
    private var needsComma = false

    /// - Parameter capacity: bytes for which memory is reserved.
    package init(reserving capacity: Int) {
        out = []
        out.reserveCapacity(capacity)
        out.append(UInt8(ascii: "{"))
    }

    /// The object.
    package consuming func object() -> [UInt8] {
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// Adds a string; nil adds nothing.
    /// - Parameter name: a new name that needs no escape.
    package mutating func append(_ name: String, _ text: String?) {
        guard let text else { return }
        append(name: name)
        text.appendQuoted(to: &out)
    }

    /// Adds a string that writes itself and needs no escape.
    package mutating func append(text name: String, _ text: (inout [UInt8]) -> Void) {
        append(name: name)
        out.append(UInt8(ascii: "\""))
        text(&out)
        out.append(UInt8(ascii: "\""))
    }

    /// Adds an integer that is not negative; nil adds nothing.
    package mutating func append(_ name: String, _ number: Int?) {
        guard let number else { return }
        append(name: name)
        out.append(digitsOf: number)
    }

    /// Adds a value of any kind.
    package mutating func append(_ name: String, _ value: JSON) {
        append(name: name)
        value.append(to: &out, indent: nil)
    }

    /// The members of an object as ``append(members:)`` adds them, for those that do not change between lines.
    package static func members(of object: JSONObject) -> [UInt8] {
        Array(JSON.object(object).serialized().dropFirst().dropLast())
    }

    /// Adds members, at least one, that are written already.
    package mutating func append(members: [UInt8]) {
        if needsComma { out.append(UInt8(ascii: ",")) }
        needsComma = true
        out += members
    }

    /// Adds an object with the members that the closure adds.
    package mutating func append(object name: String, _ members: (inout JSONLine) -> Void) {
        append(name: name)
        out.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        out.append(UInt8(ascii: "}"))
        needsComma = true
    }

    private mutating func append(name: String) {
        if needsComma { out.append(UInt8(ascii: ",")) }
        needsComma = true
        out.append(UInt8(ascii: "\""))
        out += name.utf8
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
    }
}

extension [UInt8] {
    /// Appends a number that is not negative in decimal digits.
    /// - Parameter width: at least so many digits; the first ones are zeros where the number has fewer.
    package mutating func append(digitsOf number: Int, width: Int = 1) {
        precondition(number >= 0, "a negative number has a sign")
        let start = count
        var rest = UInt(number)
        repeat {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0 || count - start < width
        var (low, high) = (start, count - 1)
        while low < high {
            swapAt(low, high)
            (low, high) = (low + 1, high - 1)
        }
    }
}

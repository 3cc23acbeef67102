extension JSON: CustomStringConvertible {
    /// The value as one line of UTF-8 without white space.
    package func serialized() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        append(to: &out)
        return out
    }

    /// The value as people write it: two spaces for each level, arrays of plain values on one line, a line break at
    /// the end.
    package func prettyPrinted() -> [UInt8] {
        var out: [UInt8] = []
        appendPretty(to: &out, indent: 0)
        out.append(UInt8(ascii: "\n"))
        return out
    }

    /// The value on one line, without white space.
    package var description: String {
        String(decoding: serialized(), as: UTF8.self)
    }

    private func append(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let flag): out += (flag ? "true" : "false").utf8
        case .number(let number): out += number.spelling.utf8
        case .string(let text): text.appendQuoted(to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.append(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                member.name.appendQuoted(to: &out)
                out.append(UInt8(ascii: ":"))
                member.value.append(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private func appendPretty(to out: inout [UInt8], indent: Int) {
        switch self {
        case .array(let elements) where elements.contains(where: \.isContainer):
            JSON.appendLines(elements, "[", "]", to: &out, indent: indent) { element, out in
                element.appendPretty(to: &out, indent: indent + 1)
            }
        case .array(let elements):
            out += "[\(elements.map(\.description).joined(separator: ", "))]".utf8
        case .object(let object) where !object.isEmpty:
            JSON.appendLines(object.members, "{", "}", to: &out, indent: indent) { member, out in
                member.name.appendQuoted(to: &out)
                out += ": ".utf8
                member.value.appendPretty(to: &out, indent: indent + 1)
            }
        default: append(to: &out)
        }
    }

    private static func appendLines<Item>(
        _ items: [Item], _ open: String, _ close: String, to out: inout [UInt8], indent: Int,
        item: (Item, inout [UInt8]) -> Void
    ) {
        out += open.utf8
        for (index, element) in items.enumerated() {
            out += (index > 0 ? ",\n" : "\n").utf8
            out += Array(repeating: UInt8(ascii: " "), count: 2 * (indent + 1))
            item(element, &out)
        }
        out.append(UInt8(ascii: "\n"))
        out += Array(repeating: UInt8(ascii: " "), count: 2 * indent)
        out += close.utf8
    }

    private var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}

extension String {
    /// Appends the text as a JSON string: only what RFC 8259 section 7 says must be escaped is.
    func appendQuoted(to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        let bytes = utf8.span
        // Nearly every text is copied as it is.
        if bytes.indices.contains(where: { bytes[$0].mustBeEscaped }) {
            for index in bytes.indices { bytes[index].appendEscaped(to: &out) }
        } else {
            out += utf8
        }
        out.append(UInt8(ascii: "\""))
    }
}

extension UInt8 {
    fileprivate var mustBeEscaped: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }

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

/// One JSON object on one line, written member by member straight into bytes: for what is written at every request and
/// read by others.
package struct JSONLine {
    private var out: [UInt8]

    /// - Parameter capacity: bytes; a longer line grows.
    package init(reserving capacity: Int) {
        out = []
        out.reserveCapacity(capacity)
        out.append(UInt8(ascii: "{"))
    }

    /// The object, with a line feed behind it.
    package consuming func finished() -> [UInt8] {
        out += "}\n".utf8
        return out
    }

    /// Adds a string; nil adds nothing.
    /// - Parameter name: one that needs no escape and that the line does not have yet.
    package mutating func append(_ name: String, _ text: String?) {
        guard let text else { return }
        append(name: name)
        text.appendQuoted(to: &out)
    }

    /// Adds a number; nil adds nothing.
    package mutating func append(_ name: String, _ number: JSONNumber?) {
        guard let number else { return }
        append(name: name)
        out += number.spelling.utf8
    }

    private mutating func append(name: String) {
        if out.count > 1 { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "\""))
        out += name.utf8
        out += "\":".utf8
    }
}

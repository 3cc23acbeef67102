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

import HTTP
import Text

/// The hops that forwarding headers name, from the nearest to the farthest; nil for one that names no address.
enum ForwardingChain {
    /// `X-Forwarded-For`, which no standard defines: addresses in a comma list, with a port from some proxies.
    ///
    /// An entry is read when the walk reaches it, because a client may put thousands before the one that counts.
    static func xForwardedFor(in fields: Fields) -> some Sequence<IPAddress?> {
        fields.values(of: "X-Forwarded-For").reversed().lazy.flatMap { line in
            sequence(state: Substring(line).utf8 as Substring.UTF8View?) { rest in
                guard let entries = rest else { return IPAddress??.none }
                let comma = entries.lastIndex(of: UInt8(ascii: ","))
                rest = comma.map { entries[..<$0] }
                let entry = comma.map { entries[entries.index(after: $0)...] } ?? entries
                return address(Substring(entry.trimmingOptionalWhitespace), isBare: true)
            }
        }
    }

    /// `Forwarded` (RFC 7239 section 4). Lines are read apart: a quote that a client leaves open must not swallow the
    /// line that the proxy adds.
    static func forwarded(in fields: Fields) -> some Sequence<IPAddress?> {
        fields.values(of: "Forwarded").reversed().lazy.flatMap { line in
            Array(ForwardedElements(line)).reversed().lazy.map { $0.flatMap { address($0[...], isBare: false) } }
        }
    }

    /// The address in a field that has no list; nil for anything else.
    static func address(in value: String) -> IPAddress? {
        address(Substring(Substring(value).utf8.trimmingOptionalWhitespace), isBare: true)
    }

    /// A node with or without port: `192.0.2.1:80`, `[2001:db8::1]:4711`; `unknown` and `_hidden` name no address.
    /// - Parameter isBare: whether IPv6 is allowed without brackets.
    private static func address(_ node: Substring, isBare: Bool) -> IPAddress? {
        if node.utf8.first == UInt8(ascii: "[") {
            guard let end = node.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let inside = node[node.utf8.index(after: node.startIndex)..<end]
            let rest = node[node.utf8.index(after: end)...]
            guard inside.utf8.contains(UInt8(ascii: ":")), rest.isEmpty || isPort(rest) else { return nil }
            return IPAddress(inside)
        }
        guard let colon = node.utf8.firstIndex(of: UInt8(ascii: ":")) else { return IPAddress(node) }
        if node.utf8[node.utf8.index(after: colon)...].contains(UInt8(ascii: ":")) {
            return isBare ? IPAddress(node) : nil
        }
        return isPort(node[colon...]) ? IPAddress(node[..<colon]) : nil
    }

    /// A colon and one to five digits, or an obfuscated port `_name` (RFC 7239 section 6.2).
    private static func isPort(_ text: Substring) -> Bool {
        let port = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: ":"), let first = port.first else { return false }
        guard first == UInt8(ascii: "_") else {
            return port.count <= 5 && port.allSatisfy(\.isDigit)
        }
        return port.count > 1 && port.dropFirst().allSatisfy(\.isNameByte)
    }
}

/// The `for` values of one `Forwarded` line, element by element; nil for an element that has none or is malformed.
private struct ForwardedElements: Sequence, IteratorProtocol {
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
            // A parameter must not be repeated.
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

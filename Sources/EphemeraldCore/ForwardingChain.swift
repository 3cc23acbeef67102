import HTTP
import Text

/// The hops that forwarding headers name, from the nearest to the farthest; nil for one that names no address.
enum ForwardingChain {
    /// `X-Forwarded-For`, which no standard defines: addresses in a comma list, with a port from some proxies.
    ///
    /// An entry is read when the walk comes to it, because a client may put thousands before the one that counts.
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

    /// A node with or without port: `192.0.2.1:80`, `[2001:db8::1]:4711`; `unknown` and `_hidden` name no address.
    /// - Parameter isBare: whether IPv6 may stand without brackets.
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

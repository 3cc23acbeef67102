import Text

/// The origin of a web page, as a browser serialises it in the `Origin` field (RFC 6454 section 6.2, Fetch standard).
///
/// Scheme and host in lower case, the default port left out, nothing after the port. `null` is not an origin: the
/// sandboxed frame of any page sends it.
package struct Origin: Hashable, Sendable {
    /// The value of the `Origin` field: an origin has one spelling.
    private let text: String
    /// Bytes of the scheme; `://` follows.
    private let schemeLength: Int
    /// Bytes of everything before the port and its colon.
    private let lengthWithoutPort: Int
    /// Nil for the default port of the scheme.
    package let port: UInt16?

    /// Reads the value of an `Origin` field; nil for everything that a browser would not send, so that no second
    /// spelling of an origin exists. Every byte is looked at once, because this runs for each request with the field.
    package init?(_ header: String) {
        let bytes = header.utf8.span
        guard bytes.count <= 512, let schemeLength = Origin.schemeLength(in: bytes), bytes.count > schemeLength + 3,
            bytes[schemeLength] == UInt8(ascii: ":"), bytes[schemeLength + 1] == UInt8(ascii: "/"),
            bytes[schemeLength + 2] == UInt8(ascii: "/"),
            let end = OriginHost.end(in: bytes, from: schemeLength + 3)
        else { return nil }
        if end == bytes.count {
            port = nil
        } else {
            guard let port = Origin.portNumber(bytes.extracting((end + 1)...)) else { return nil }
            self.port = port
        }
        self.schemeLength = schemeLength
        lengthWithoutPort = end
        text = header
        // A browser leaves the default port out.
        if hasScheme("https") {
            guard port != 443 else { return nil }
        } else if hasScheme("http") {
            guard port != 80 else { return nil }
        } else {
            guard !Origin.schemesWithoutPages.contains(scheme) else { return nil }
        }
    }

    /// `https`, `http`, or the scheme of an app's web view such as `capacitor` or `chrome-extension`.
    package var scheme: String { String(decoding: text.utf8.prefix(schemeLength), as: UTF8.self) }

    /// Lower case and ASCII; an IPv6 address has its brackets.
    package var host: String {
        String(decoding: text.utf8.prefix(lengthWithoutPort).dropFirst(schemeLength + 3), as: UTF8.self)
    }

    /// Whether the host is this machine and no other: `localhost`, a name under it, 127.0.0.0/8 or `::1`.
    package var isLoopback: Bool { Origin.isLoopback(host) }

    /// Schemes whose documents have an opaque origin, or that load no documents.
    static let schemesWithoutPages: Set = ["about", "blob", "data", "file", "ftp", "javascript", "null", "ws", "wss"]

    static func defaultPort(of scheme: some StringProtocol) -> UInt16? {
        scheme == "https" ? 443 : scheme == "http" ? 80 : nil
    }

    static func isScheme(_ text: Substring) -> Bool {
        !text.isEmpty && schemeLength(in: text.utf8.span) == text.utf8.count
    }

    /// The length of the scheme that the bytes begin with: a lower-case letter, then letters, digits, `+`, `-` and `.`.
    private static func schemeLength(in bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 0, bytes[0].isLowercaseLetter else { return nil }
        let characters = schemeCharacters
        var length = 1
        while length < bytes.count, characters.contains(bytes[length]) { length += 1 }
        return length
    }

    private static let schemeCharacters = ASCIISet {
        $0.isLowercaseLetter || $0.isDigit || "+-.".utf8.contains($0)
    }

    /// Cuts at the colon that no bracket encloses; the port is nil when there is no such colon.
    package static func hostAndPort(_ text: Substring) -> (host: Substring, port: Substring?) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), !text[colon...].utf8.contains(UInt8(ascii: "]"))
        else { return (text, nil) }
        return (text[..<colon], text[text.utf8.index(after: colon)...])
    }

    /// 1 to 65535 in decimal digits without leading zeros.
    static func portNumber(_ text: Substring) -> UInt16? { portNumber(text.utf8.span) }

    private static func portNumber(_ digits: Span<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits[0] != UInt8(ascii: "0") else { return nil }
        var number: UInt32 = 0
        for index in digits.indices {
            guard digits[index].isDigit else { return nil }
            number = number * 10 + UInt32(digits[index] - UInt8(ascii: "0"))
        }
        return UInt16(exactly: number)
    }

    static func isLoopback(_ host: String) -> Bool {
        switch OriginHost(host[...]) {
        case .name: host == "localhost" || host.hasSuffix(".localhost")
        case .address(let address): address.isLoopback
        case nil: false
        }
    }
}

/// Comparison with the entries of an allow-list, byte by byte.
extension Origin {
    func hasScheme(_ scheme: String) -> Bool { holds(scheme, from: 0, to: schemeLength) }

    func hasHost(_ host: String) -> Bool { holds(host, from: schemeLength + 3, to: lengthWithoutPort) }

    /// Whether the host is one label under `base`, and the label is the prefix, one or more of `a-z`, `0-9` and `-`, and
    /// the suffix; any label when both are empty.
    func hasLabel(beginning prefix: String, ending suffix: String, under base: String) -> Bool {
        let (start, dot) = (schemeLength + 3, firstDot)
        guard dot < lengthWithoutPort, holds(base, from: dot + 1, to: lengthWithoutPort) else { return false }
        if prefix.isEmpty, suffix.isEmpty { return true }
        let (first, last) = (start + prefix.utf8.count, dot - suffix.utf8.count)
        // The star is at least one character, so prefix and suffix never share one.
        guard first < last, holds(prefix, from: start, to: first), holds(suffix, from: last, to: dot) else {
            return false
        }
        let bytes = text.utf8.span
        for index in first..<last {
            let byte = bytes[index]
            guard byte.isLowercaseLetter || byte.isDigit || byte == UInt8(ascii: "-") else { return false }
        }
        return true
    }

    /// The keys under which entries that may match this origin are filed: ``OriginPattern/key``.
    package var keys: (whole: UInt32, withoutPort: UInt32, parent: UInt32) {
        let (bytes, start) = (text.utf8.span, schemeLength + 3)
        return (
            OriginPattern.key(of: bytes, from: start, to: bytes.count),
            OriginPattern.key(of: bytes, from: start, to: lengthWithoutPort),
            OriginPattern.key(of: bytes, from: min(firstDot + 1, bytes.count), to: bytes.count)
        )
    }

    /// The place of the first dot of the host; the end of the host when it has no dot.
    private var firstDot: Int {
        let bytes = text.utf8.span
        var place = schemeLength + 3
        while place < lengthWithoutPort, bytes[place] != UInt8(ascii: ".") { place += 1 }
        return place
    }

    private func holds(_ other: String, from start: Int, to end: Int) -> Bool {
        guard other.utf8.count == end - start else { return false }
        let (mine, theirs) = (text.utf8.span, other.utf8.span)
        for index in theirs.indices where mine[start + index] != theirs[index] { return false }
        return true
    }
}

extension Origin: CustomStringConvertible {
    /// The value of the `Origin` field.
    package var description: String { text }
}

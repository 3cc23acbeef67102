import Text

/// The origin of a web page, as a browser serialises it in the `Origin` field (RFC 6454 section 6.2, Fetch standard).
///
/// Scheme and host in lower case, the default port left out, nothing after the port. `null` is not an origin: the
/// sandboxed frame of any page sends it.
package struct Origin: Hashable, Sendable {
    /// `https`, `http`, or the scheme of an app's web view such as `capacitor` or `chrome-extension`.
    package let scheme: String
    /// Lower case and ASCII; an IPv6 address has its brackets.
    package let host: String
    /// Nil for the default port of the scheme.
    package let port: UInt16?

    /// Reads the value of an `Origin` field; nil for everything that a browser would not send, so that no second
    /// spelling of an origin exists.
    package init?(_ header: String) {
        let bytes = header.utf8.span
        guard bytes.count <= 512, let colon = Origin.firstColon(in: bytes), bytes.count >= colon + 3,
            bytes[colon + 1] == UInt8(ascii: "/"), bytes[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        let scheme = String(header[..<header.utf8.index(header.startIndex, offsetBy: colon)])
        let (host, port) = Origin.hostAndPort(header[header.utf8.index(header.startIndex, offsetBy: colon + 3)...])
        let isWeb = scheme == "https" || scheme == "http"
        guard isWeb || Origin.isScheme(scheme) && !Origin.schemesWithoutPages.contains(scheme), OriginHost(host) != nil
        else { return nil }
        if let port {
            guard let number = Origin.portNumber(port), number != Origin.defaultPort(of: scheme) else { return nil }
            self.port = number
        } else {
            self.port = nil
        }
        self.scheme = scheme
        self.host = String(host)
    }

    /// Whether the host is this machine and no other: `localhost`, a name under it, 127.0.0.0/8 or `::1`.
    package var isLoopback: Bool { Origin.isLoopback(host) }

    /// Schemes whose documents have an opaque origin, or that load no documents.
    static let schemesWithoutPages: Set = ["about", "blob", "data", "file", "ftp", "javascript", "null", "ws", "wss"]

    static func defaultPort(of scheme: some StringProtocol) -> UInt16? {
        scheme == "https" ? 443 : scheme == "http" ? 80 : nil
    }

    static func isScheme(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, first.isLowercaseLetter else { return false }
        return text.utf8.allSatisfy { $0.isLowercaseLetter || $0.isDigit || "+-.".utf8.contains($0) }
    }

    private static func firstColon(in bytes: Span<UInt8>) -> Int? {
        for index in bytes.indices where bytes[index] == UInt8(ascii: ":") { return index }
        return nil
    }

    /// Cuts at the colon that no bracket encloses; the port is nil when there is no such colon.
    package static func hostAndPort(_ text: Substring) -> (host: Substring, port: Substring?) {
        let bytes = text.utf8.span
        var index = bytes.count - 1
        while index >= 0, bytes[index] != UInt8(ascii: ":"), bytes[index] != UInt8(ascii: "]") { index -= 1 }
        guard index >= 0, bytes[index] == UInt8(ascii: ":") else { return (text, nil) }
        let colon = text.utf8.index(text.startIndex, offsetBy: index)
        return (text[..<colon], text[text.utf8.index(after: colon)...])
    }

    /// 1 to 65535 in decimal digits without leading zeros.
    static func portNumber(_ text: some StringProtocol) -> UInt16? {
        guard text.utf8.count <= 5, text.utf8.first != UInt8(ascii: "0") else { return nil }
        var number: UInt32 = 0
        for byte in text.utf8 {
            guard byte.isDigit else { return nil }
            number = number * 10 + UInt32(byte - 0x30)
        }
        return number == 0 ? nil : UInt16(exactly: number)
    }

    static func isLoopback(_ host: String) -> Bool {
        switch OriginHost(host[...]) {
        case .name: host == "localhost" || host.hasSuffix(".localhost")
        case .address(let address): address.isLoopback
        case nil: false
        }
    }
}

extension Origin: CustomStringConvertible {
    /// The value of the `Origin` field.
    package var description: String {
        port.map { "\(scheme)://\(host):\($0)" } ?? "\(scheme)://\(host)"
    }
}

/// A host as browsers write it in an `Origin` field: a lower-case ASCII name, an IPv4 address, or an IPv6 address in brackets.
///
/// This is the host serialiser of the URL standard, read backwards. The standard lets a few characters pass that no DNS
/// name of ours has (`!`, `~`, empty labels); they are not hosts here.
enum OriginHost: Hashable, Sendable {
    case name
    case address(IPAddress)

    private static let dot = UInt8(ascii: ".")

    /// - Parameter text: the host with the brackets, without the port.
    init?(_ text: Substring) {
        if text.utf8.first == UInt8(ascii: "[") {
            guard text.utf8.last == UInt8(ascii: "]"), let address = IPAddress(text.dropFirst().dropLast()),
                text == "[\(address.v6Description)]"
            else { return nil }
            self = .address(address)
        } else if OriginHost.endsInNumber(text) {
            // A name whose last label is a number is an IPv4 address to browsers, or no URL at all.
            guard let address = IPAddress(text), address.description == text else { return nil }
            self = .address(address)
        } else {
            guard OriginHost.isName(text) else { return nil }
            self = .name
        }
    }

    /// Whether a browser reads the host as an IPv4 address (URL standard, "ends in a number checker").
    static func endsInNumber(_ host: Substring) -> Bool {
        let bytes = host.utf8.span
        var end = bytes.count
        while end > 0, bytes[end - 1] == dot { end -= 1 }
        var start = end
        while start > 0, bytes[start - 1] != dot { start -= 1 }
        guard start < end else { return false }
        var (isDecimal, isHexadecimal) = (true, end - start >= 2 && bytes[start] == 0x30 && bytes[start + 1] == 0x78)
        for index in start..<end {
            if !bytes[index].isDigit { isDecimal = false }
            if index > start + 1, !isHexDigit(bytes[index]) { isHexadecimal = false }
        }
        return isDecimal || isHexadecimal
    }

    /// Whether every label is 1 to 63 of `a-z`, `0-9`, `-`, `_`; one dot at the end is a browser's name as well.
    private static func isName(_ host: Substring) -> Bool {
        let bytes = host.utf8.span
        guard (1...254).contains(bytes.count) else { return false }
        var length = 0
        for index in bytes.indices {
            guard bytes[index] == dot ? length > 0 : isLabelByte(bytes[index]) && length < 63 else { return false }
            length = bytes[index] == dot ? 0 : length + 1
        }
        return true
    }

    /// Whether the bytes are one label of a lower-case DNS name; the underscore is in use and passes.
    static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        (1...63).contains(label.count)
            && label.allSatisfy(isLabelByte)
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        byte.isLowercaseLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x61...0x66).contains(byte.asciiLowercased)
    }
}

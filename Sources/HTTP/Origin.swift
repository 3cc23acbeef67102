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
        guard header.utf8.count <= 512, let colon = header.utf8.firstIndex(of: UInt8(ascii: ":")),
            header.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        let scheme = String(header[..<colon])
        let (host, port) = Origin.hostAndPort(header[header.utf8.index(colon, offsetBy: 3)...])
        guard Origin.isScheme(scheme), !Origin.schemesWithoutPages.contains(scheme), OriginHost(host) != nil else {
            return nil
        }
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

    /// Cuts at the colon that no bracket encloses; the port is nil when there is no such colon.
    package static func hostAndPort(_ text: Substring) -> (host: Substring, port: Substring?) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), !text[colon...].utf8.contains(UInt8(ascii: "]"))
        else { return (text, nil) }
        return (text[..<colon], text[text.utf8.index(after: colon)...])
    }

    /// 1 to 65535 in decimal digits without leading zeros.
    static func portNumber(_ text: some StringProtocol) -> UInt16? {
        guard let first = text.utf8.first, (0x31...0x39).contains(first),
            text.utf8.allSatisfy(\.isDigit)
        else { return nil }
        return UInt16(text)
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
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let last = labels.last(where: { !$0.isEmpty }) else { return false }
        if last.allSatisfy(\.isDigit) { return true }
        return last.starts(with: "0x".utf8) && last.dropFirst(2).allSatisfy(isHexDigit)
    }

    /// Whether every label is 1 to 63 of `a-z`, `0-9`, `-`, `_`; one dot at the end is a browser's name as well.
    private static func isName(_ host: Substring) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let named = labels.count > 1 && labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        return host.utf8.count <= 254 && named.allSatisfy(isLabel)
    }

    /// Whether the bytes are one label of a lower-case DNS name; the underscore is in use and passes.
    static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        (1...63).contains(label.count)
            && label.allSatisfy { $0.isLowercaseLetter || $0.isDigit || "-_".utf8.contains($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x61...0x66).contains(byte.asciiLowercased)
    }
}

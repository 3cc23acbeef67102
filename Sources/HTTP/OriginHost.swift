import Text

/// A host as browsers write it in an `Origin` field: a lower-case ASCII name, an IPv4 address, or an IPv6 address in brackets.
///
/// This is the host serialiser of the URL standard, read backwards. The standard lets a few characters pass that no DNS
/// name of ours has (`!`, `~`, empty labels); they are no host here.
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

    /// Whether a browser takes the host for an IPv4 address (URL standard, "ends in a number checker").
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

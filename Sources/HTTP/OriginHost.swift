import Text

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
            guard OriginHost.nameEnd(in: text.utf8.span, from: 0) == text.utf8.count else { return nil }
            self = .name
        }
    }

    /// The end of the host that begins at `start`: the colon before a port, or the end of the bytes. Nil when there is
    /// no host.
    static func end(in bytes: Span<UInt8>, from start: Int) -> Int? {
        let isBracketed = start < bytes.count && bytes[start] == UInt8(ascii: "[")
        guard let end = isBracketed ? bracketsEnd(in: bytes, from: start) : nameEnd(in: bytes, from: start) else {
            return nil
        }
        guard isBracketed || beginsWithDigit(lastLabelOf: bytes, from: start, to: end) else { return end }
        let text = String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self)
        return OriginHost(text[...]) == nil ? nil : end
    }

    private static func bracketsEnd(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "]") { end += 1 }
        end += 1
        return end == bytes.count || end < bytes.count && bytes[end] == UInt8(ascii: ":") ? end : nil
    }

    /// The end of a name: its labels are 1 to 63 of `a-z`, `0-9`, `-`, `_`; one dot at the end is a browser's name as
    /// well.
    private static func nameEnd(in bytes: Span<UInt8>, from start: Int) -> Int? {
        let characters = labelCharacters
        var (end, label) = (start, start)
        while end < bytes.count, bytes[end] != UInt8(ascii: ":") {
            if bytes[end] == UInt8(ascii: ".") {
                guard labelLengths.contains(end - label) else { return nil }
                label = end + 1
            } else if !characters.contains(bytes[end]) {
                return nil
            }
            end += 1
        }
        let hasLastLabel = label == end ? label > start : labelLengths.contains(end - label)
        return hasLastLabel && end - start <= 254 ? end : nil
    }

    /// Whether the last label of a name may be a number.
    private static func beginsWithDigit(lastLabelOf bytes: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        var first = bytes[end - 1] == UInt8(ascii: ".") ? end - 1 : end
        while first > start, bytes[first - 1] != UInt8(ascii: ".") { first -= 1 }
        return bytes[first].isDigit
    }

    /// Whether a browser reads the host as an IPv4 address (URL standard, "ends in a number checker").
    static func endsInNumber(_ host: Substring) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let last = labels.last(where: { !$0.isEmpty }) else { return false }
        if last.allSatisfy(\.isDigit) { return true }
        return last.starts(with: "0x".utf8) && last.dropFirst(2).allSatisfy(isHexDigit)
    }

    /// Whether the text is one label of a lower-case DNS name; the underscore is in use and passes.
    static func isLabel(_ text: String) -> Bool {
        labelLengths.contains(text.utf8.count) && text.consists(of: labelCharacters)
    }

    private static let labelLengths = 1...63

    private static let labelCharacters = ASCIISet { $0.isLowercaseLetter || $0.isDigit || "-_".utf8.contains($0) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x61...0x66).contains(byte.asciiLowercased)
    }
}

package import Text

/// A range of IP addresses in CIDR notation (RFC 4632), of one family: `::/0` holds no IPv4 address.
package struct AddressRange: Hashable, Sendable {
    /// The lowest address.
    package let base: IPAddress
    /// Bits of the prefix in the 128-bit form: 96 more than an IPv4 prefix is written with.
    private let prefixLength: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address, which is a range of itself. `::ffff:10.0.0.0/104` is
    /// `10.0.0.0/8`.
    package init(parsing text: String) throws(Invalid) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else {
            throw Invalid(
                "this is not an address; write one such as 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32", part: text)
        }
        let width = first.utf8.contains(UInt8(ascii: ":")) ? 128 : 32
        prefixLength =
            try 128 - width + (parts.count == 1 ? width : AddressRange.length(parts[1], upTo: width, of: text))
        base = IPAddress(bits: address.bits & AddressRange.mask(prefixLength))
        guard base == address else {
            let right = "\(base)/\(prefixLength - (base.isV4 ? 96 : 0))"
            throw Invalid(
                "bits are set after the prefix; write \(right) for the network, or \(address) for one address",
                part: text)
        }
    }

    /// What is wrong with a text that looks like an address or a network; nil for one that is right, and for all else.
    package static func mistake(in text: String) -> Invalid? {
        guard IPAddress.isMeant(by: text) else { return nil }
        do throws(Invalid) { _ = try AddressRange(parsing: text) } catch { return error }
        return nil
    }

    /// Whether the address is of the same family and has the same prefix.
    package func contains(_ address: IPAddress) -> Bool {
        address.isV4 == base.isV4 && address.bits & AddressRange.mask(prefixLength) == base.bits
    }

    /// Whether every address of its family is in it.
    package var isEverybody: Bool { prefixLength == (base.isV4 ? 96 : 0) }

    /// The beginning that the texts of all its addresses have in common, as far as whole numbers of it go.
    package var commonText: String {
        let text = base.description
        let (separator, bits, before) = base.isV4 ? (".", 8, 96) : (":", 16, 0)
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        // Zeros of IPv6 may be left out in one address and written in another.
        let common = parts.prefix((prefixLength - before) / bits).prefix { base.isV4 || !$0.isEmpty && $0 != "0" }
        return common.joined(separator: separator)
    }

    private static func mask(_ length: Int) -> UInt128 {
        // A shift by the whole width is zero: Swift's shifts do not wrap.
        ~UInt128(0) << (128 - length)
    }

    private static func length(
        _ digits: Substring, upTo width: Int, of text: String
    ) throws(Invalid) -> Int {
        let isNumber = (1...3).contains(digits.utf8.count) && digits.utf8.allSatisfy(\.isDigit)
        guard isNumber, digits == "0" || digits.first != "0", let length = Int(digits), length <= width else {
            throw Invalid(
                "\(String(digits).debugDescription) is not a prefix length; write 0 to \(width) after the slash",
                part: text)
        }
        return length
    }
}

extension AddressRange: CustomStringConvertible {
    /// The range as it is written in a setting; one address has no prefix length.
    package var description: String {
        prefixLength == 128 ? "\(base)" : "\(base)/\(prefixLength - (base.isV4 ? 96 : 0))"
    }
}

/// base64url without padding (RFC 7515 section 2), read strictly: one text stands for one row of bytes.
package enum Base64URL {
    /// The bytes; nil for any other letter (`+`, `/` and `=` included), for a length that cannot be, and where bits are
    /// left over that are not zero: another text would stand for the same bytes then.
    @inlinable package static func bytes(of text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for letter in text {
            guard let value = value(of: letter) else { return nil }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }

    /// The bytes of base64 in either alphabet (RFC 4648 sections 4 and 5), padded or not.
    @inlinable package static func bytes(ofBase64 text: some Collection<UInt8>) -> [UInt8]? {
        let letters = text.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        return bytes(
            of: letters.map { letter -> UInt8 in
                switch letter {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: letter
                }
            })
    }

    @usableFromInline static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte, in lower case.
    @inlinable package var hexadecimal: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * underestimatedCount)
        for byte in self {
            digits.append((byte >> 4).hexadecimalDigit)
            digits.append((byte & 15).hexadecimalDigit)
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension UInt8 {
    /// The digit of a number below 16.
    @usableFromInline var hexadecimalDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") + self : UInt8(ascii: "a") - 10 + self
    }
}

extension UInt64 {
    /// 16 digits, in lower case.
    @inlinable package var hexadecimal: String {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }.hexadecimal
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte, in lower case.
    @inlinable package var hexadecimal: String {
        var digits: [UInt8] = []
        digits.append(hexadecimalOf: Array(self))
        return String(decoding: digits, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends two digits a byte, in lower case.
    @inlinable package mutating func append(hexadecimalOf bytes: [UInt8]) {
        append(addingCapacity: 2 * bytes.count) { digits in
            for byte in bytes {
                digits.append((byte >> 4).hexadecimalDigit)
                digits.append((byte & 15).hexadecimalDigit)
            }
        }
    }
}

extension UInt8 {
    /// The digit of a number below 16.
    @inlinable var hexadecimalDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") + self : UInt8(ascii: "a") - 10 + self
    }

    /// The value of a hexadecimal digit, in either case; nil for any other byte.
    package var hexadecimalValue: UInt8? {
        if isDigit { return self - UInt8(ascii: "0") }
        let letter = asciiLowercased
        return (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter) ? letter - UInt8(ascii: "a") + 10 : nil
    }
}

extension UInt64 {
    /// 16 digits, in lower case.
    package var hexadecimal: String {
        var digits: [UInt8] = []
        digits.append(hexadecimalOf: self)
        return String(decoding: digits, as: UTF8.self)
    }

    /// The digits of the upper half of a number, the first in the highest byte. All are made at once: four bits are
    /// spread to a byte each, and those of ten and more move on from the digits to the letters.
    fileprivate init(digitsOfUpperHalf number: UInt64) {
        var values = number >> 32
        values = (values | values << 16) & 0x0000_FFFF_0000_FFFF
        values = (values | values << 8) & 0x00FF_00FF_00FF_00FF
        values = (values | values << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        self = values &+ 0x3030_3030_3030_3030 &+ letters &* UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
    }

    /// Eight decimal digits of a number below 10^8, the first in the highest byte. All parts are divided at once, into
    /// four, two and one digits each: a multiplication by a 2^20th or 2^10th part of the divisor's inverse divides, and
    /// what it leaves moves on to the bytes of the digits that follow.
    fileprivate init(decimalDigitsOf number: UInt64) {
        let fours = number / 10_000 | (number % 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        let ones = tens | (twos &- tens &* 10) << 8
        self = (ones | 0x3030_3030_3030_3030).byteSwapped
    }
}

extension UInt128 {
    /// 32 digits, in lower case.
    package var hexadecimal: String {
        var digits = InlineArray<32, UInt8>(repeating: 0)
        var span = digits.mutableSpan
        span.write(hexadecimalOf: self, at: 0)
        do {
            return String(copying: try UTF8Span(validating: digits.span))
        } catch {
            preconditionFailure("digits are ASCII")
        }
    }

    /// Nil for anything but 32 digits in lower case.
    package init?(hexadecimalDigits text: some StringProtocol) {
        guard text.utf8.count == 32, text.utf8.allSatisfy(\.isHexadecimalDigit), let number = UInt128(text, radix: 16)
        else { return nil }
        self = number
    }
}

extension UInt8 {
    /// Whether it is a digit as they are written here: in lower case.
    package var isHexadecimalDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) }
}

extension [UInt8] {
    /// Appends 16 digits, in lower case.
    package mutating func append(hexadecimalOf number: UInt64) {
        let start = count
        append(addingCapacity: 16) { $0.append(repeating: UInt8(ascii: "0"), count: 16) }
        var span = mutableSpan
        span.write(hexadecimalOf: number, at: start)
    }
}

extension MutableSpan<UInt8> {
    /// Writes 32 digits, in lower case, from a place on.
    package mutating func write(hexadecimalOf number: UInt128, at place: Int) {
        write(hexadecimalOf: UInt64(truncatingIfNeeded: number >> 64), at: place)
        write(hexadecimalOf: UInt64(truncatingIfNeeded: number), at: place + 16)
    }

    /// Writes 16 digits, in lower case, from a place on.
    package mutating func write(hexadecimalOf number: UInt64, at place: Int) {
        write(UInt64(digitsOfUpperHalf: number), at: place)
        write(UInt64(digitsOfUpperHalf: number << 32), at: place + 8)
    }

    /// Writes so many decimal digits from a place on; zeros come before a number that has fewer.
    package mutating func write(digits count: Int, of number: UInt64, at place: Int) {
        var (rest, end) = (number, place + count)
        while end - place >= 8 {
            end -= 8
            write(UInt64(decimalDigitsOf: rest % 100_000_000), at: end)
            rest /= 100_000_000
        }
        while end > place {
            end -= 1
            self[end] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Writes eight bytes, the highest first. The span of eight makes it one store.
    @inline(__always)
    private mutating func write(_ letters: UInt64, at place: Int) {
        var eight = _mutatingExtracting(place..<place + 8)
        for index in 0..<8 { eight[index] = UInt8(truncatingIfNeeded: letters >> UInt64(56 - 8 * index)) }
    }
}

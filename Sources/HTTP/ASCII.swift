/// Classes of ASCII bytes that several grammars share.
extension UInt8 {
    /// `0` to `9`.
    package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// `a` to `z`.
    package var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }

    /// `a` to `z` and `A` to `Z`.
    package var isLetter: Bool { asciiLowercased.isLowercaseLetter }

    /// The byte, with `A` to `Z` made `a` to `z`.
    package var asciiLowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

/// Classes of ASCII bytes that several grammars share.
extension UInt8 {
    /// `0` to `9`.
    @inlinable package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// `a` to `z`.
    @inlinable package var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }

    /// `a` to `z` and `A` to `Z`.
    @inlinable package var isLetter: Bool { asciiLowercased.isLowercaseLetter }

    /// `A` to `Z`, `a` to `z`, `0` to `9`, `.`, `_` and `-`: what names and ids of our own are made of.
    @inlinable package var isNameByte: Bool { isLetter || isDigit || "._-".utf8.contains(self) }

    /// The byte, with `A` to `Z` made `a` to `z`.
    @inlinable package var asciiLowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension String {
    /// Compares byte for byte. `==` compares what Unicode holds to be the same text: for a long run of combining marks
    /// in untrusted text, that takes time that grows with the square of its length.
    @inlinable package func hasSameBytes(as other: String) -> Bool {
        hasSameBytes(as: other) { $0 == $1 }
    }

    /// Compares as header field names compare: ASCII letters without case, all else byte for byte.
    @inlinable package func equalsIgnoringCase(_ other: String) -> Bool {
        hasSameBytes(as: other) { $0 == $1 || $0.asciiLowercased == $1.asciiLowercased }
    }

    @inlinable func hasSameBytes(as other: String, _ isSame: (UInt8, UInt8) -> Bool) -> Bool {
        let (mine, theirs) = (utf8.span, other.utf8.span)
        return mine.count == theirs.count && mine.indices.allSatisfy { isSame(mine[$0], theirs[$0]) }
    }
}

/// The characters of a request line and of a field line.
extension UInt8 {
    /// `tchar` of RFC 9110 section 5.6.2: what methods and field names are made of.
    @inlinable package var isTokenCharacter: Bool {
        // One bit for each character: `!#$%&'*+-.` and digits in the low half; letters and ``^_`|~`` in the high half.
        let bits: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : self < 128 ? 0x57FF_FFFF_C7FF_FFFE : 0
        return bits >> UInt64(self & 63) & 1 == 1
    }

    /// What a field value holds by RFC 9110 section 5.5: visible characters, space, tab, and bytes above 0x7F.
    @inlinable package var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }
}

extension String {
    /// Whether this is a token of RFC 9110 section 5.6.2: a method or a field name.
    @inlinable package var isToken: Bool {
        let bytes = utf8.span
        return !bytes.isEmpty && bytes.indices.allSatisfy { bytes[$0].isTokenCharacter }
    }
}

extension Substring.UTF8View {
    /// The bytes without the spaces and tabs around them (`OWS`, RFC 9110 section 5.6.3).
    @inlinable package var trimmingOptionalWhitespace: Substring.UTF8View {
        var bytes = self
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }
}

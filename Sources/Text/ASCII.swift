/// Classes of ASCII bytes that several grammars share.
extension UInt8 {
    /// `0` to `9`.
    @inlinable package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// `a` to `z`.
    @inlinable package var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }

    /// `a` to `z` and `A` to `Z`.
    @inlinable package var isLetter: Bool { asciiLowercased.isLowercaseLetter }

    /// `A` to `Z`, `a` to `z`, `0` to `9`, `.`, `_` and `-`: what names and ids of our own are made of.
    @inlinable package var isNameByte: Bool {
        isLetter || isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
    }

    /// The byte, with `A` to `Z` made `a` to `z`.
    @inlinable package var asciiLowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension String {
    /// Compares byte for byte. `==` compares what Unicode holds to be the same text: for a long run of combining marks
    /// in untrusted text, that takes time that grows with the square of its length.
    @inlinable package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let (mine, theirs) = (utf8.span, other.utf8.span)
        for index in mine.indices where mine[index] != theirs[index] { return false }
        return true
    }

    /// Compares as header field names compare: ASCII letters without case, all else byte for byte.
    @inlinable package func equalsIgnoringCase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let (mine, theirs) = (utf8.span, other.utf8.span)
        for index in mine.indices where mine[index] != theirs[index] {
            guard mine[index].asciiLowercased == theirs[index].asciiLowercased else { return false }
        }
        return true
    }

    /// Whether every byte is a character of the set.
    @inlinable package func consists(of set: ASCIISet) -> Bool {
        let bytes = utf8.span
        for index in bytes.indices where !set.contains(bytes[index]) { return false }
        return true
    }
}

/// Long texts are looked at eight bytes at a time, because few of their bytes are what is looked for.
extension Span<UInt8> {
    /// The index of the first byte from `start` on that a JSON string escapes: a quote, a backslash or a control
    /// character; `count` when there is none.
    @inlinable package func firstEscaped(from start: Int) -> Int {
        var index = start
        // The borrow of one byte may mark the next as well, so the exact place is found byte by byte.
        while index &+ 8 <= count, !eightBytes(at: index).mayHoldEscaped { index &+= 8 }
        while index < count, self[index] >= 0x20, self[index] != 0x22, self[index] != 0x5C { index &+= 1 }
        return index
    }

    /// Whether all bytes are printable ASCII that JSON does not escape.
    @inlinable package var isPlain: Bool {
        var index = 0
        while index &+ 8 <= count {
            let bytes = eightBytes(at: index)
            if bytes.mayHoldEscaped || (bytes | bytes.marks(of: 0x7F)) & UInt64.highestBits != 0 { break }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            guard (0x20...0x7E).contains(byte), byte != 0x22, byte != 0x5C else { return false }
            index &+= 1
        }
        return true
    }

    // Always inlined: only then one load takes the place of the eight.
    @inlinable @inline(__always) func eightBytes(at index: Int) -> UInt64 {
        let bytes = extracting(index..<(index &+ 8))
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(bytes[place]) &<< UInt64(8 &* place) }
        return word
    }
}

extension UInt64 {
    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable static var highestBits: UInt64 { 0x8080_8080_8080_8080 }

    /// Sets the highest bit of each byte that is this one. The bit of the byte after it may be set as well: subtracting 1
    /// from 0 borrows.
    @inlinable @inline(__always) func marks(of byte: UInt64) -> UInt64 {
        let difference = self ^ (UInt64.ones &* byte)
        return (difference &- UInt64.ones) & ~difference
    }

    /// Whether one of the eight bytes is a quote, a backslash or below 0x20; true for some others as well.
    @inlinable @inline(__always) var mayHoldEscaped: Bool {
        let controls = (self &- UInt64.ones &* 0x20) & ~self
        return (marks(of: 0x22) | marks(of: 0x5C) | controls) & UInt64.highestBits != 0
    }
}

/// A set of ASCII characters, as 128 bits. In a loop over bytes, keep the set in a local constant.
@usableFromInline package struct ASCIISet: Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    /// The set of the bytes that the condition accepts; bytes above 0x7F are never members.
    package init(where isMember: (UInt8) -> Bool) {
        var words: (low: UInt64, high: UInt64) = (0, 0)
        for byte in UInt8(0)..<64 {
            if isMember(byte) { words.low |= 1 << UInt64(byte) }
            if isMember(byte + 64) { words.high |= 1 << UInt64(byte) }
        }
        (low, high) = words
    }

    /// Whether the byte is a character of the set.
    @inlinable package func contains(_ byte: UInt8) -> Bool {
        byte < 0x80 && (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
    }

    /// `tchar` of RFC 9110 section 5.6.2: what methods and field names consist of.
    @usableFromInline package static let token = ASCIISet {
        $0.isLetter || $0.isDigit || "!#$%&'*+-.^_`|~".utf8.contains($0)
    }

    /// Visible characters: all but the space and the controls.
    @usableFromInline package static let visible = ASCIISet { (0x21...0x7E).contains($0) }
}

/// The characters of a request line and of a field line.
extension UInt8 {
    /// What a field value holds by RFC 9110 section 5.5: visible characters, space, tab, and bytes above 0x7F.
    @inlinable package var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }
}

extension String {
    /// Whether this is a token of RFC 9110 section 5.6.2: a method or a field name.
    @inlinable package var isToken: Bool { !isEmpty && consists(of: .token) }
}

extension Substring.UTF8View {
    /// The bytes without the spaces and tabs around them (`OWS`, RFC 9110 section 5.6.3).
    @inlinable package var trimmingOptionalWhitespace: Substring.UTF8View {
        let bytes = span
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return self[index(startIndex, offsetBy: start)..<index(startIndex, offsetBy: end)]
    }
}

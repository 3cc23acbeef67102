/// What may stand in a field line, and in a request line.
extension UInt8 {
    /// `tchar` of RFC 9110 section 5.6.2: what methods and field names are made of.
    package var isTokenCharacter: Bool { isLetter || isDigit || "!#$%&'*+-.^_`|~".utf8.contains(self) }

    /// What a field value holds by RFC 9110 section 5.5: visible characters, space, tab, and bytes above 0x7F.
    package var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }
}

extension String {
    /// Whether this is a token of RFC 9110 section 5.6.2: a method or a field name.
    package var isToken: Bool { !isEmpty && utf8.allSatisfy(\.isTokenCharacter) }
}

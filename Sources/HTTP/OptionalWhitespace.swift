extension Substring.UTF8View {
    /// The bytes without the spaces and tabs around them (`OWS`, RFC 9110 section 5.6.3).
    package var trimmingOptionalWhitespace: Substring.UTF8View {
        var bytes = self
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }
}

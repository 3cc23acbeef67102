extension String {
    /// At most so many characters, and none of them a control character: a log is read in terminals.
    package func loggable(_ limit: Int) -> String {
        let bytes = utf8.span
        let isClean = bytes.count <= limit && bytes.indices.allSatisfy { (0x20..<0x7F).contains(bytes[$0]) }
        if isClean { return self }
        let scalars = unicodeScalars.prefix(limit).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: Unicode.Scalar("\u{FFFD}")
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

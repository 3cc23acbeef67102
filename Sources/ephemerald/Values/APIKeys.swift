package import EphemeraldCore

/// The API keys of a text, one a line, in the order in which they are tried.
package enum APIKeys {
    /// Reads the keys of a file. Empty lines and line ends in the style of Windows do no harm.
    package static func parse(lines text: [UInt8]) throws(InvalidValue) -> [Secret] {
        var keys: [Secret] = []
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let bytes = line.last == 0x0D ? line.dropLast() : line
            guard !bytes.isEmpty else { continue }
            keys.append(try parse(bytes, at: "line \(index + 1)"))
        }
        guard !keys.isEmpty else { throw InvalidValue("there is no key in it; write one a line") }
        return keys
    }

    /// Reads one key.
    package static func parse(one text: String) throws(InvalidValue) -> Secret {
        try parse(Array(text.utf8)[...], at: "the key")
    }

    /// A key goes into a header field, so it is visible ASCII and nothing else (RFC 9110 section 5.5).
    private static func parse(_ bytes: ArraySlice<UInt8>, at place: String) throws(InvalidValue) -> Secret {
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw InvalidValue(
                "\(place) has a space, a control character or a letter beyond ASCII; write the key alone",
                isHidden: true)
        }
        guard let first = bytes.first, !"\"'".utf8.contains(first), !bytes.starts(with: "OPENAI_API_KEY=".utf8) else {
            throw InvalidValue("\(place) has quotes around it or a name before it; write the key alone", isHidden: true)
        }
        guard (8...1024).contains(bytes.count) else {
            throw InvalidValue("\(place) has \(bytes.count) characters; write the whole key", isHidden: true)
        }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }
}

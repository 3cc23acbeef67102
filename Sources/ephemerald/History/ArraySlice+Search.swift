internal import CLinux

extension ArraySlice<UInt8> {
    /// A member of an object, as far as it can be read without the grammar of JSON.
    enum PlainText: Equatable {
        /// There is no such member.
        case none
        case plain(String)
        /// It is no string, or one with escapes.
        case other

        /// Nil for no member.
        var value: String? {
            if case .plain(let text) = self { text } else { nil }
        }
    }

    /// Whether those bytes stand anywhere in these.
    func holds(_ bytes: [UInt8]) -> Bool {
        position(of: bytes, from: startIndex) != nil
    }

    /// Where those bytes first stand, from an index on.
    func position(of bytes: [UInt8], from start: Int) -> Int? {
        let offset = unsafe self[start...].withUnsafeBytes { text in
            unsafe clinux_position(text.baseAddress, text.count, bytes, bytes.count)
        }
        return offset < 0 ? nil : start + offset
    }

    /// The string behind a name with its colon. In a text of somebody else's the name's quotation marks are escaped.
    func text(behind name: [UInt8]) -> PlainText {
        guard let position = position(of: name, from: startIndex) else { return .none }
        let value = self[(position + name.count)...]
        guard value.first == UInt8(ascii: "\"") else { return .other }
        let text = value.dropFirst().prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard text.endIndex < endIndex, self[text.endIndex] == UInt8(ascii: "\"") else { return .other }
        return .plain(String(decoding: text, as: UTF8.self))
    }
}

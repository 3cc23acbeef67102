import Text

/// A list as W3C Baggage writes it (section 3.3.1): `name=value,name=value`, values percent-encoded.
enum KeyValues {
    static func parse(_ text: String, isSecret: Bool) throws(Invalid) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for entry in text.listEntries where !entry.isEmpty {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex,
                entry[..<equals].utf8.allSatisfy(\.isNameByte),
                let value = PercentEncoding.text(of: entry[entry.index(after: equals)...]),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw Invalid(
                    "write NAME=VALUE, with commas between them and values percent-encoded", isHidden: isSecret)
            }
            let name = String(entry[..<equals])
            guard !pairs.contains(where: { $0.name == name }) else {
                throw Invalid("\(name.shown) is there twice", isHidden: isSecret)
            }
            pairs.append((name, value))
        }
        return pairs
    }
}

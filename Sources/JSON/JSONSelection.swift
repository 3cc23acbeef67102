import Text

/// The members of an object to read, by dotted paths: `["value", "expires_at", "session.id"]`.
///
/// An upstream answers with 1.5 KB, of which three members are needed. Reading by a selection checks the whole text
/// against the grammar, and builds only the selected values. A selected name must not be repeated; the names of skipped
/// members are not compared.
package struct JSONSelection: Hashable, Sendable, ExpressibleByArrayLiteral {
    private struct Entry: Hashable, Sendable {
        let name: String
        let bytes: [UInt8]
        /// The selection among the member's own members; nil for all of them.
        var part: JSONSelection?
    }

    private var entries: [Entry] = []

    /// Dotted paths. A path selects all of its member, even if another path selects a part of it.
    package init(arrayLiteral paths: String...) {
        for path in paths { add(path.split(separator: ".").map(String.init)[...]) }
    }

    private init() {}

    private mutating func add(_ path: ArraySlice<String>) {
        guard let name = path.first else { return }
        let index = entries.firstIndex { $0.name == name } ?? entries.endIndex
        if index == entries.endIndex {
            entries.append(Entry(name: name, bytes: Array(name.utf8), part: JSONSelection()))
        }
        if path.count == 1 { entries[index].part = nil } else { entries[index].part?.add(path.dropFirst()) }
    }

    /// Where the entry is whose name is a part of the text; nil when that name is not selected.
    func position(of text: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        let entries = entries.span
        search: for position in entries.indices where entries[position].bytes.count == end - start {
            let name = entries[position].bytes.span
            for offset in name.indices where name[offset] != text[start + offset] { continue search }
            return position
        }
        return nil
    }

    /// The name and the part of an entry.
    func entry(at position: Int) -> (name: String, part: JSONSelection?) {
        (entries[position].name, entries[position].part)
    }

    /// The entry for the member whose name has these bytes.
    fileprivate func entry(_ name: ArraySlice<UInt8>) -> (name: String, part: JSONSelection?)? {
        for entry in entries where entry.bytes.count == name.count && entry.bytes[...] == name {
            return (entry.name, entry.part)
        }
        return nil
    }
}

extension JSON {
    /// Reads a text that must be an object, as strictly as ``init(parsing:)``, and keeps only the selected members.
    package init(parsing bytes: [UInt8], only selection: JSONSelection) throws(JSONError) {
        if let object = JSONScan.object(in: bytes, only: selection) {
            self = .object(object)
        } else {
            try self.init(parsingExactly: bytes, only: selection)
        }
    }

    /// The same without the scan, which gives up at whatever is unusual.
    package init(parsingExactly bytes: [UInt8], only selection: JSONSelection) throws(JSONError) {
        var reader = try JSONReader(bytes)
        try reader.skipSpace()
        guard reader.next == UInt8(ascii: "{") else { throw reader.error("expected an object, found \(reader.found)") }
        self = .object(try reader.object(only: selection))
        try reader.finish()
    }
}

extension JSONReader {
    fileprivate mutating func object(only selection: JSONSelection) throws(JSONError) -> JSONObject {
        var members: [JSONObject.Member] = []
        var isFirst = true
        try open()
        while try element(closedBy: UInt8(ascii: "}"), isFirst: isFirst) {
            isFirst = false
            let start = index
            guard let entry = selection.entry(try rawName()) else {
                try skipValue()
                continue
            }
            if members.contains(where: { $0.name.hasSameBytes(as: entry.name) }) {
                throw error("the member \"\(entry.name)\" is repeated", at: start)
            }
            try skipSpace()
            if let part = entry.part, next == UInt8(ascii: "{") {
                members.append(JSONObject.Member(entry.name, .object(try object(only: part))))
            } else {
                members.append(JSONObject.Member(entry.name, try value()))
            }
        }
        return JSONObject(distinct: members)
    }

    /// The bytes of a member's name.
    private mutating func rawName() throws(JSONError) -> ArraySlice<UInt8> {
        guard next == UInt8(ascii: "\"") else { throw error("expected a member name in double quotes, found \(found)") }
        let start = index + 1
        let name = try skipStringWithoutEscapes() ? bytes[start..<(index - 1)] : try unescaped(from: start)[...]
        try colon()
        return name
    }

    /// Steps over a value and checks it against the grammar.
    private mutating func skipValue() throws(JSONError) {
        try skipSpace()
        switch next {
        case UInt8(ascii: "{"): try skipElements(closedBy: UInt8(ascii: "}"))
        case UInt8(ascii: "["): try skipElements(closedBy: UInt8(ascii: "]"))
        case UInt8(ascii: "\""):
            let start = index + 1
            if try !skipStringWithoutEscapes() { _ = try unescaped(from: start) }
        default: _ = try value()
        }
    }

    private mutating func skipElements(closedBy close: UInt8) throws(JSONError) {
        var isFirst = true
        try open()
        while try element(closedBy: close, isFirst: isFirst) {
            isFirst = false
            if close == UInt8(ascii: "}") { _ = try rawName() }
            try skipValue()
        }
    }
}

import Text

/// The members of an object to read, by dotted paths: `["value", "expires_at", "session.id"]`.
///
/// An upstream answers with 1.5 KB, of which three members are needed. Reading by a selection checks the whole text
/// against the grammar, and builds only the selected values. A selected name must not be repeated; the names of skipped
/// members are not compared.
package struct JSONSelection: Hashable, Sendable, ExpressibleByArrayLiteral {
    private struct Entry: Hashable, Sendable {
        let name: String
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
        if index == entries.endIndex { entries.append(Entry(name: name, part: JSONSelection())) }
        if path.count == 1 { entries[index].part = nil } else { entries[index].part?.add(path.dropFirst()) }
    }

    /// The entry for the member whose name has these bytes.
    fileprivate func entry(_ name: ArraySlice<UInt8>) -> (name: String, part: JSONSelection?)? {
        for entry in entries where entry.name.utf8.count == name.count && entry.name.utf8.elementsEqual(name) {
            return (entry.name, entry.part)
        }
        return nil
    }
}

extension JSON {
    /// Reads a text that must be an object, as strictly as ``init(parsing:)``, and keeps only the selected members.
    package init(parsing bytes: [UInt8], only selection: JSONSelection) throws(JSONError) {
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

import JSON

/// The members of a line of the usage log, also of one that a log shipper has written again: in another order, as a
/// member of its own line (an object, or the text that it read), after a time or a name, or with names taken apart at
/// their dots (`"client": {"address": …}`).
struct LineMembers {
    private let line: JSON
    /// Whether names are taken apart. A million lines are read faster where members need not be looked for in each other.
    private let isNested: Bool

    /// Shippers wrap a line once or twice.
    private static let deepest = 4
    /// The members in which shippers keep the text of a line: Docker and Fluent Bit, journald, Logstash and Vector. The text
    /// of any other member may be a client's, who could write a line of their own in it.
    private static let texts = ["log", "message", "MESSAGE", "msg"]

    /// Nil for what is not JSON, and for JSON that holds no such line.
    /// - Parameter required: the members that every line of its kind has.
    init?(of line: [UInt8], requiring required: [String]) {
        guard let start = LineMembers.start(of: line),
            let json = try? JSON(parsing: start == 0 ? line : Array(line[start...])),
            let line = LineMembers.search(json, required, depth: 0)
        else { return nil }
        self.line = line
        isNested = !required.allSatisfy { line[$0] != nil }
    }

    /// The value of a member, by the name that the usage log gives it.
    subscript(name: String) -> JSON? { isNested ? LineMembers.member(name[...], of: line) : line[name] }

    /// Where the object begins: containers and `docker compose` put a time or a name before it,
    /// `2026-11-22T12:00:00Z stdout F {…}`. After a quotation mark it may be the text of a client.
    private static func start(of line: [UInt8]) -> Int? {
        let start = line.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "\"") }
        return start.flatMap { line[$0] == UInt8(ascii: "{") ? $0 : nil }
    }

    private static func search(_ json: JSON, _ required: [String], depth: Int) -> JSON? {
        guard let object = json.objectValue else { return nil }
        if required.allSatisfy({ member($0[...], of: json) != nil }) { return json }
        guard depth < deepest else { return nil }
        for (name, value) in object.members.map({ ($0.name, $0.value) }) {
            var inner = value
            if let text = value.stringValue {
                guard texts.contains(name), let parsed = try? JSON(parsing: Array(text.utf8)) else { continue }
                inner = parsed
            }
            if let found = search(inner, required, depth: depth + 1) { return found }
        }
        return nil
    }

    private static func member(_ name: Substring, of json: JSON) -> JSON? {
        guard let object = json.objectValue else { return nil }
        if let value = object[String(name)] { return value }
        for dot in name.indices where name[dot] == "." {
            guard let inner = object[String(name[..<dot])] else { continue }
            if let value = member(name[name.index(after: dot)...], of: inner) { return value }
        }
        return nil
    }
}

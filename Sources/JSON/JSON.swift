import Text

/// A JSON value (RFC 8259) whose objects keep the order of their members and whose numbers keep their spelling.
///
/// This program has its own reader for five reasons: `check --fix` must not reorder an operator's file; a repeated name
/// is refused instead of lost; an error has a line and a column; 0.8 stays 0.8; and Foundation is not on the path of a
/// request.
package enum JSON: Hashable, Sendable {
    /// `null`. A member that is null is not absent.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number in its own spelling: 1.0 is not written as 1.
    case number(JSONNumber)
    /// A string, unescaped.
    case string(String)
    /// The elements of an array, in order.
    case array([JSON])
    /// The members of an object, in order.
    case object(JSONObject)

    /// The value of that member; nil when it is absent, or when this is not an object.
    package subscript(name: String) -> JSON? {
        objectValue?[name]
    }

    /// The text of a string; nil for every other value.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number; nil for every other value.
    package var numberValue: JSONNumber? {
        if case .number(let number) = self { number } else { nil }
    }

    /// The object; nil for every other value.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The elements of an array; nil for every other value.
    package var arrayValue: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Whether both mean the same: numbers are compared by value (1 is 1.0), and members in any order.
    package func means(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.string(let mine), .string(let theirs)): mine.hasSameBytes(as: theirs)
        case (.number(let mine), .number(let theirs)): mine.double == theirs.double
        case (.array(let mine), .array(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.means($1) }
        case (.object(let mine), .object(let theirs)):
            mine.members.count == theirs.members.count
                && mine.members.allSatisfy { member in theirs[member.name].map { member.value.means($0) } ?? false }
        default: self == other
        }
    }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `true` or `false` in source text.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number in source text.
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    /// A number with a fraction in source text; finite.
    package init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    /// A text in source text, not parsed.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An array in source text.
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object in source text, its members in that order.
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}

extension JSON {
    /// Reads a whole text by RFC 8259, strictly: UTF-8 without a byte order mark, no repeated name in an object, no half
    /// of a surrogate pair, at most 64 levels, nothing after the value.
    /// - Parameter values: the most values in the text, nested ones included.
    package init(parsing bytes: [UInt8], values: Int = .max) throws(JSONError) {
        var reader = try JSONReader(bytes, values: values)
        self = try reader.value()
        try reader.finish()
    }

    /// Reads an object that may be a JavaScript object literal (``JSONDialect/javaScript``).
    /// - Parameter extensions: set to the syntax in the text that is not JSON.
    package init(parsingLiteral bytes: [UInt8], extensions: inout Set<JSONExtension>) throws(JSONError) {
        var reader = try JSONReader(bytes, dialect: .javaScript)
        try reader.skipAssignment()
        self = try reader.value()
        try reader.skipEnd()
        try reader.finish()
        extensions = reader.extensions
    }
}

/// Values inside of values, by paths of member names.
extension JSON {
    /// The value at that path; nil where there is none.
    package func value(at path: some Collection<String>) -> JSON? {
        path.reduce(Optional(self)) { $0?[$1] }
    }

    /// The value with a member set at that path; missing objects are created. Nil when the path leads through a value
    /// that is not an object.
    package func adding(_ value: JSON, at path: some Collection<String>) -> JSON? {
        guard let name = path.first else { return value }
        guard case .object(var object) = self else { return nil }
        guard let inner = (object[name] ?? [:]).adding(value, at: path.dropFirst()) else { return nil }
        object[name] = inner
        return .object(object)
    }

    /// The value with a member set at that path; objects are created, also instead of values that are not objects.
    package func replacing(_ value: JSON, at path: some Collection<String>) -> JSON {
        guard let name = path.first else { return value }
        var object = objectValue ?? [:]
        object[name] = (object[name] ?? [:]).replacing(value, at: path.dropFirst())
        return .object(object)
    }
}

/// A JSON number with its spelling: `0.80` is written back as `0.80`. Two numbers are equal if their spellings are.
package struct JSONNumber: Hashable, Sendable {
    /// The characters of the number, by the grammar of RFC 8259 section 6.
    package let spelling: String

    /// A spelling that the reader has checked against the grammar.
    init(checkedSpelling: String) {
        spelling = checkedSpelling
    }

    /// An integer.
    package init(_ value: Int) {
        spelling = String(value)
    }

    /// A finite number. Infinity and NaN trap, because JSON cannot spell them.
    package init(_ value: Double) {
        precondition(value.isFinite, "JSON has no spelling for \(value)")
        spelling = "\(value)"
    }

    /// The nearest `Double`; infinite for a number beyond its range.
    package var double: Double {
        // Every JSON number is one in Swift's grammar, so this always succeeds.
        Double(spelling) ?? .nan
    }

    /// The integer of a number that is spelled as one (`200`, not `200.0` or `2e2`); nil when it does not fit.
    package var integer: Int? {
        Int(spelling)
    }

    /// Whether the number has neither a fraction nor an exponent.
    package var isSpelledAsInteger: Bool {
        !spelling.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    }
}

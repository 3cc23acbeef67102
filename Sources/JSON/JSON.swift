import Text

/// A JSON value (RFC 8259) whose objects keep the order of their members and whose numbers keep their spelling.
///
/// It is ours, and not Foundation's, for five reasons: `check --fix` must not shuffle an operator's file; duplicate
/// member names are refused instead of losing one; an error says line and column; 0.8 stays 0.8 on the way through;
/// and no Foundation is on the path of a request.
package enum JSON: Hashable, Sendable {
    /// `null`, which a member may have and which is not the absence of the member.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// In its own spelling: 1.0 is not written as 1.
    case number(JSONNumber)
    /// Unescaped.
    case string(String)
    /// In order.
    case array([JSON])
    /// Its members in order, no name twice.
    case object(JSONObject)

    /// The value of that member; nil when it is absent, or when this is no object.
    package subscript(name: String) -> JSON? {
        objectValue?[name]
    }

    /// The text of a string, nil for every other value.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, nil for every other value.
    package var numberValue: JSONNumber? {
        if case .number(let number) = self { number } else { nil }
    }

    /// The object, nil for every other value.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The elements of an array, nil for every other value.
    package var arrayValue: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Whether both mean the same: numbers by value (1 is 1.0), objects without regard to the order of members.
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
    /// Reads a whole text by RFC 8259, strictly: UTF-8 without a byte order mark, no name twice in an object, no half
    /// of a surrogate pair, no more than 64 levels, nothing after the value.
    /// - Parameter values: how many values the text may have in it, those inside of others included.
    package init(parsing bytes: [UInt8], values: Int = .max) throws(JSONError) {
        var reader = try JSONReader(bytes, values: values)
        self = try reader.value()
        try reader.finish()
    }

    /// Reads an object that may be a JavaScript object literal (``JSONDialect/javaScript``), and says what in it is not
    /// JSON.
    package init(parsingLiteral bytes: [UInt8], liberties: inout JSONLiberties) throws(JSONError) {
        var reader = try JSONReader(bytes, dialect: .javaScript)
        try reader.skipAssignment()
        self = try reader.value()
        try reader.skipEnd()
        try reader.finish()
        liberties = reader.liberties
    }
}

/// Values inside of values, by paths of member names.
extension JSON {
    /// The value at that path, nil where there is none.
    package func value(at path: ArraySlice<String>) -> JSON? {
        guard let name = path.first else { return self }
        return self[name]?.value(at: path.dropFirst())
    }

    /// The value with a member set at that path, objects made where there are none; nil when something that is no object
    /// is in the way.
    package func adding(_ value: JSON, at path: ArraySlice<String>) -> JSON? {
        guard let name = path.first else { return value }
        guard case .object(var object) = self else { return nil }
        guard let inner = (object[name] ?? [:]).adding(value, at: path.dropFirst()) else { return nil }
        object[name] = inner
        return .object(object)
    }

    /// As ``adding(_:at:)``, and what is null or a plain value on the way makes room for an object.
    package func replacing(_ value: JSON, at path: ArraySlice<String>) -> JSON {
        guard let name = path.first else { return value }
        var object = objectValue ?? [:]
        object[name] = (object[name] ?? [:]).replacing(value, at: path.dropFirst())
        return .object(object)
    }
}

/// A JSON number as it was spelled: `0.80` is written back as `0.80`. Two numbers are equal when their spelling is.
package struct JSONNumber: Hashable, Sendable {
    /// The characters of the number, by the grammar of RFC 8259 section 6.
    package let spelling: String

    /// A spelling that the reader has already held against the grammar.
    init(checkedSpelling: String) {
        spelling = checkedSpelling
    }

    /// An integer.
    package init(_ value: Int) {
        spelling = String(value)
    }

    /// A number that is finite: JSON cannot spell infinity or NaN, so those trap.
    package init(_ value: Double) {
        precondition(value.isFinite, "JSON has no spelling for \(value)")
        spelling = "\(value)"
    }

    /// The nearest `Double`; infinite when the number is beyond its range.
    package var double: Double {
        // The grammar of a JSON number is a part of Swift's, so this always succeeds.
        Double(spelling) ?? .nan
    }

    /// The integer, when the number is spelled as one (`200`, but neither `200.0` nor `2e2`) and fits.
    package var integer: Int? {
        Int(spelling)
    }

    /// Whether the number has neither a fraction nor an exponent.
    package var isSpelledAsInteger: Bool {
        !spelling.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    }
}

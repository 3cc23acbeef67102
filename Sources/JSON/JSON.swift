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

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

import HTTP
import Text

extension Int {
    /// Reads a whole number in decimal digits.
    package init(parsingSetting text: String, in range: ClosedRange<Int>) throws(InvalidValue) {
        guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy(\.isDigit),
            let value = Int(text), range.contains(value)
        else { throw InvalidValue("write a whole number, \(range.lowerBound) to \(range.upperBound)") }
        self = value
    }
}

extension Bool {
    /// Reads `true` or `false`.
    package init(parsingSetting text: String) throws(InvalidValue) {
        guard let value = Bool(text) else { throw InvalidValue("write true or false") }
        self = value
    }
}

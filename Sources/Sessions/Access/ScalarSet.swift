/// A set of Unicode scalars.
struct ScalarSet: Sendable {
    enum Item: Sendable {
        case range(ClosedRange<UnicodeScalar>)
        case letter
        case number
        indirect case not(ScalarSet)
    }

    let items: [Item]
    private let isInverted: Bool

    init(items: [Item], isInverted: Bool = false) {
        self.items = items
        self.isInverted = isInverted
    }

    func contains(_ scalar: UnicodeScalar) -> Bool {
        items.contains { item in
            switch item {
            case .range(let range): range.contains(scalar)
            case .letter: scalar.properties.isLetter
            case .number: scalar.properties.numericType != nil
            case .not(let set): !set.contains(scalar)
            }
        } != isInverted
    }

    /// The number of items that are compared with a scalar that is in none of them.
    var size: Int {
        items.reduce(0) { sum, item in
            if case .not(let set) = item { sum + set.size } else { sum + 1 }
        }
    }

    /// The scalar of a set that ``only(_:)`` made; nil for every other set.
    var onlyScalar: UnicodeScalar? {
        guard case .range(let range)? = items.first, items.count == 1, !isInverted else { return nil }
        return range.lowerBound == range.upperBound ? range.lowerBound : nil
    }

    static func only(_ scalar: UnicodeScalar) -> ScalarSet { ScalarSet(items: [.range(scalar...scalar)]) }
    static let digit = ScalarSet(items: [.range("0"..."9")])
    static let word = ScalarSet(items: [.range("a"..."z"), .range("A"..."Z"), .range("0"..."9"), .range("_"..."_")])
    static let space = ScalarSet(items: [.range("\t"..."\r"), .range(" "..." ")])
    static let anyOnLine = ScalarSet(items: [.range("\n"..."\n"), .range("\r"..."\r")], isInverted: true)
    static let letter = ScalarSet(items: [.letter])
    static let number = ScalarSet(items: [.number])

    var inverted: ScalarSet { ScalarSet(items: [.not(self)]) }
}

extension UnicodeScalar.Properties {
    /// Whether the general category is L.
    fileprivate var isLetter: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}

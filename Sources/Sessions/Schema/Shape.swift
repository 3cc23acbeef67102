import JSON

/// What a value must look like: the rules of a session configuration as data.
indirect enum Shape: Sendable {
    case anything
    case null
    case boolean
    case text(TextRule)
    /// A number spelled without fraction and exponent.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case array(of: Shape, count: ClosedRange<Int>)
    /// An object with any names.
    case map(of: Shape)
    /// An object with these names and no others.
    case object([Member])
    /// An object whose `type` says which of these it is.
    case tagged([Variant])
    /// One of several, told apart by their JSON type: no two may share one.
    case either([Shape])
    /// A rule that is published as prose only: to break it is doubtful, not refused. A wrong type still is.
    case advisory(Shape)

    /// A name that an object may or must have.
    struct Member: Sendable {
        let name: String
        let shape: Shape
        let isRequired: Bool

        static func optional(_ name: String, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: false)
        }

        static func required(_ name: String, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: true)
        }
    }

    /// The object that one value of `type` stands for.
    struct Variant: Sendable {
        let tag: String
        /// The members besides `type`.
        let members: [Member]
        /// Of these names at least one must be there.
        let needsOneOf: [String]

        init(_ tag: String, _ members: [Member] = [], needsOneOf: [String] = []) {
            self.tag = tag
            self.members = members
            self.needsOneOf = needsOneOf
        }
    }

    /// What a string may be.
    indirect enum TextRule: Sendable {
        case any
        case oneOf([String])
        /// The known values, and versions of them that have a date after the name. Other values may work; those that are
        /// known to fail are refused.
        case known([String], refused: [String] = [])
        /// A form that has a name, for example "a two-letter language code (ISO 639-1)".
        case form(String, matches: @Sendable (String) -> Bool)
        /// Each of these.
        case all([TextRule])
        /// A rule that is published as prose only: a text that breaks it is doubtful.
        case advisory(TextRule)
        /// No text is wrong, and any is a warning that the member is on its way out.
        case deprecated(String)
    }

    static func oneOf(_ values: String...) -> Shape { .text(.oneOf(values)) }
    static let string = Shape.text(.any)
    static func orNull(_ shape: Shape) -> Shape { .either([.null, shape]) }
    static func strings(atLeast count: Int = 0) -> Shape { .array(of: .string, count: count...Int.max) }

    /// The JSON type that a value of this shape has, as OpenAI's messages name it.
    var typeNames: [String] {
        switch self {
        case .anything: []
        case .null: ["null"]
        case .boolean: ["a boolean"]
        case .text: ["a string"]
        case .integer: ["an integer"]
        case .number: ["a decimal"]
        case .array: ["an array"]
        case .map, .object, .tagged: ["an object"]
        case .either(let shapes): shapes.flatMap(\.typeNames)
        case .advisory(let shape): shape.typeNames
        }
    }

    /// Whether the value has a type that this shape is about, whatever else may be wrong with it.
    func hasType(of value: JSON) -> Bool {
        switch (self, value) {
        case (.anything, _), (.null, .null), (.boolean, .bool), (.text, .string), (.number, .number), (.array, .array):
            true
        case (.integer, .number(let number)): number.isSpelledAsInteger
        case (.map, .object), (.object, .object), (.tagged, .object): true
        case (.either(let shapes), _): shapes.contains { $0.hasType(of: value) }
        case (.advisory(let shape), _): shape.hasType(of: value)
        default: false
        }
    }
}

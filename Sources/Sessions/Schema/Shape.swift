import JSON

/// The shape that a value must have: the rules of a session configuration as data.
indirect enum Shape: Sendable {
    case anything
    case null
    case boolean
    /// A string that keeps all of the rules.
    case text([TextRule])
    /// A number spelled without fraction and exponent.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case array(of: Shape, count: ClosedRange<Int>)
    /// An object with any names.
    case map(of: Shape)
    /// An object with these names and no others.
    case object([Member])
    /// An object that is one of these, by its `type`.
    case tagged([Variant])
    /// One of several shapes, each with another JSON type.
    case either([Shape])
    /// A rule that is published as prose only: a value that breaks it is doubtful, and a wrong type is still refused.
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

    /// The object for one value of `type`.
    struct Variant: Sendable {
        let tag: String
        /// The members besides `type`.
        let members: [Member]
        /// At least one of these names is required.
        let needsOneOf: [String]
        /// Whether other members are sent unchanged, because nobody publishes them.
        let isOpen: Bool

        init(_ tag: String, _ members: [Member] = [], needsOneOf: [String] = [], isOpen: Bool = false) {
            self.tag = tag
            self.members = members
            self.needsOneOf = needsOneOf
            self.isOpen = isOpen
        }
    }

    /// A rule for a string.
    enum TextRule: Sendable {
        case oneOf([String])
        /// The known values, and versions of them that have a date after the name. Other values may work, except those
        /// that are known to fail.
        case known([String], refused: [String] = [])
        /// A form with a description, for example "a two-letter language code (ISO 639-1)".
        case form(String, matches: @Sendable (String) -> Bool)
        /// A form that is published as prose only: a text without it is doubtful.
        case customary(String, matches: @Sendable (String) -> Bool)
        /// Any text is accepted, with a warning that the member is deprecated.
        case deprecated(String)
    }

    static func oneOf(_ values: String...) -> Shape { .text([.oneOf(values)]) }
    static let string = Shape.text([])
    static func orNull(_ shape: Shape) -> Shape { .either([.null, shape]) }
    static func strings(atLeast count: Int = 0) -> Shape { .array(of: .string, count: count...Int.max) }

    /// The JSON types of this shape, as OpenAI's messages name them.
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

    /// Whether the value has the JSON type of this shape.
    func hasType(of value: JSON) -> Bool {
        let names = typeNames
        return names.isEmpty || names.contains(value.typeName)
            || names.contains("a decimal") && value.numberValue != nil
    }

    /// The shape of the member at that path; nil when there is no such member. Elements of arrays have no path.
    func shape(at path: some Collection<String>) -> Shape? {
        guard let name = path.first else { return self }
        let rest = path.dropFirst()
        switch self {
        case .anything: return .anything
        case .map(let element): return element.shape(at: rest)
        case .object(let members): return members.first { $0.name == name }?.shape.shape(at: rest)
        case .tagged(let variants):
            if name == "type" { return rest.isEmpty ? .text([.oneOf(variants.map(\.tag))]) : nil }
            return variants.lazy.compactMap { Shape.object($0.members).shape(at: path) }.first
        case .either(let shapes): return shapes.lazy.compactMap { $0.shape(at: path) }.first
        case .advisory(let shape): return shape.shape(at: path)
        default: return nil
        }
    }

    /// The dotted paths of all members below, outer ones before inner ones.
    func paths(below prefix: String) -> [String] {
        switch self {
        case .object(let members):
            members.flatMap { ["\(prefix).\($0.name)"] + $0.shape.paths(below: "\(prefix).\($0.name)") }
        case .tagged(let variants): variants.flatMap { Shape.object($0.members).paths(below: prefix) }
        case .either(let shapes): shapes.flatMap { $0.paths(below: prefix) }
        case .advisory(let shape): shape.paths(below: prefix)
        default: []
        }
    }
}

/// Questions about which members there are.
extension Shape {
    /// The shape of the member at that path; nil when there is no such member. Elements of arrays have no path.
    func shape(at path: ArraySlice<String>) -> Shape? {
        guard let name = path.first else { return self }
        let rest = path.dropFirst()
        switch self {
        case .anything: return .anything
        case .map(let element): return element.shape(at: rest)
        case .object(let members): return members.first { $0.name == name }?.shape.shape(at: rest)
        case .tagged(let variants):
            if name == "type" { return rest.isEmpty ? .text(.oneOf(variants.map(\.tag))) : nil }
            return variants.lazy.compactMap { Shape.object($0.members).shape(at: path) }.first
        case .either(let shapes): return shapes.lazy.compactMap { $0.shape(at: path) }.first
        case .advisory(let shape): return shape.shape(at: path)
        default: return nil
        }
    }

    /// The dotted paths of all members below, outer before inner.
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

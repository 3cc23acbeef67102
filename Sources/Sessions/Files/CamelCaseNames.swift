import JSON

/// Renames members in camelCase (`turnDetection`), as JavaScript libraries such as OpenAI's Agents SDK write them, to the
/// API's names (`turn_detection`), wherever the API has a member of that name.
struct CamelCaseNames {
    private(set) var notes: [LegacyUpgrade.Note] = []
    /// The camelCase spellings of legacy members, which the upgrade notes, by their names in the API.
    private(set) var spellings: [String: String] = [:]

    mutating func rename(_ root: inout JSONObject) {
        let beside = Shape.object(["session", "expires_after", "client_secret"].map { .optional($0, .anything) })
        root = renamed(root, at: "") { beside.shape(at: [$0]) }
        if case .object(let session)? = root["session"] {
            root["session"] = .object(renamedSession(session, at: "session."))
        } else {
            root = renamedSession(root, at: "")
        }
    }

    private mutating func renamedSession(_ session: JSONObject, at prefix: String) -> JSONObject {
        let shape = Schema.session(of: SessionKind(of: session))
        return renamed(session, at: prefix) { name in
            // The upgrade drops a legacy member that the kind does not have.
            LegacyMember.named(name).map { shape.shape(at: $0.successor) ?? .anything } ?? shape.shape(at: [name])
        }
    }

    private mutating func renamed(_ value: JSON, by shape: Shape, at path: String) -> JSON {
        switch (shape, value) {
        case (.either(let shapes), _):
            shapes.first { $0.hasType(of: value) }.map { renamed(value, by: $0, at: path) } ?? value
        case (.advisory(let shape), _): renamed(value, by: shape, at: path)
        case (.array(let element, _), .array(let elements)):
            .array(elements.enumerated().map { renamed($1, by: element, at: "\(path)[\($0)]") })
        case (.object, .object(let object)), (.tagged, .object(let object)):
            .object(renamed(object, at: "\(path).") { shape.shape(at: [$0]) })
        default: value
        }
    }

    /// The object, with a name changed where its API spelling has a shape and is not in the object already.
    private mutating func renamed(
        _ object: JSONObject, at prefix: String, shape: (String) -> Shape?
    ) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let path = prefix + member.name
            var name = member.name
            if shape(name) == nil {
                let plain = name.withoutCamelCase
                // The SDK's name for it has no unit.
                let other = plain == "idle_timeout" ? "idle_timeout_ms" : plain
                if shape(other) != nil, object[other] == nil, result[other] == nil {
                    name = other
                    note(name, at: path, isLegacy: prefix == "" || prefix == "session.")
                }
            }
            result[name] = shape(name).map { renamed(member.value, by: $0, at: path) } ?? member.value
        }
        return result
    }

    private mutating func note(_ name: String, at path: String, isLegacy: Bool) {
        if isLegacy, LegacyMember.named(name) != nil {
            spellings[name] = path.split(separator: ".").last.map(String.init)
        } else {
            notes.append(LegacyUpgrade.Note(path: path, message: "is written \(name) in the API"))
        }
    }
}

extension String {
    /// `turn_detection` for `turnDetection`; the same text if no letter is a capital.
    fileprivate var withoutCamelCase: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            let isCapital = ("A"..."Z").contains(scalar)
            if isCapital, !text.isEmpty { text += "_" }
            text += isCapital ? String(scalar).lowercased() : String(scalar)
        }
    }
}

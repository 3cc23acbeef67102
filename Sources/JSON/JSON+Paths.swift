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

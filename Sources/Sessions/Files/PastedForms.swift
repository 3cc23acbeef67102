import JSON

/// The forms that people paste into a session file besides a request body: an event of the API, an answer of the server,
/// and the options and names of JavaScript libraries. Each becomes the request that it means, with a note.
struct PastedForms {
    private(set) var notes: [LegacyUpgrade.Note] = []
    /// The camelCase spellings of the session's members, by their names in the API.
    private(set) var spellings: [String: String] = [:]
    /// The `type` of the event that the file was.
    private var event: String?
    /// Whether the session came from the server.
    private var isEcho = false
    /// The dropped members of the event and of the answer, in order.
    private var dropped: [String] = []

    /// The file before the upgrade of the legacy shape.
    mutating func unwrap(_ file: JSON) -> JSON {
        guard case .object(var root) = file else { return file }
        dropEvent(from: &root)
        if case .object(let session)? = root["session"] {
            root["session"] = .object(withoutWrapper(session, at: "session."))
        } else {
            root = withoutWrapper(root, at: "")
        }
        var names = CamelCaseNames()
        names.rename(&root)
        notes += names.notes
        spellings = names.spellings
        dropAnswer(from: &root)
        return .object(root)
    }

    /// The file after the upgrade, without the nulls of an answer: the server writes null for a member that is not set,
    /// and OpenAI refuses most of them.
    mutating func finish(_ file: JSON) -> JSON {
        guard case .object(var root) = file else { return file }
        if isEcho, case .object(let session)? = root["session"] {
            let kind = SessionKind(of: session)
            root["session"] = withoutNulls(.object(session), shape: Schema.session(of: kind), path: "")
        }
        let names = dropped.joined(separator: ", ")
        if isEcho {
            note("this is an answer of the server, not a request; the members of the answer are dropped: \(names)")
        } else if let event {
            note("this is the event \(event), not a request; its wrapper is dropped: \(names)")
        }
        return .object(root)
    }

    private mutating func note(_ message: String) {
        notes.append(LegacyUpgrade.Note(path: "", message: message))
    }

    private mutating func drop(_ name: String, from object: inout JSONObject) {
        guard object[name] != nil else { return }
        object[name] = nil
        if !dropped.contains(name) { dropped.append(name) }
    }

    /// Unwraps `{"type": "session.update", "event_id": …, "session": {…}}`.
    private mutating func dropEvent(from root: inout JSONObject) {
        guard let type = root["type"]?.stringValue, case .object(var session)? = root["session"],
            type.hasPrefix("session.") || type.hasPrefix("transcription_session.")
        else { return }
        event = type
        for name in ["type", "event_id"] { drop(name, from: &root) }
        if type.hasPrefix("transcription_session."), session["type"] == nil {
            session.prepend("type", .string(SessionKind.transcription.rawValue))
            root["session"] = .object(session)
        }
    }

    /// Unwraps `{model, config: {…}}`, the options of the Agents SDK's `RealtimeSession`. A file with a member both inside
    /// and outside of `config` is ambiguous, and stays as it is.
    private mutating func withoutWrapper(_ object: JSONObject, at prefix: String) -> JSONObject {
        guard case .object(let config)? = object["config"], config.names.allSatisfy({ object[$0] == nil })
        else { return object }
        let message = "is a wrapper of the Agents SDK; its members are moved out of it"
        notes.append(LegacyUpgrade.Note(path: prefix + "config", message: message))
        return JSONObject(distinct: object.members.flatMap { $0.name == "config" ? config.members : [$0] })
    }

    /// Drops `object`, `id`, `expires_at`, `status` and `client_secret` of a session, and `value` and `expires_at` beside it. Wraps
    /// a bare session.
    private mutating func dropAnswer(from root: inout JSONObject) {
        var session = root["session"]?.objectValue ?? root
        isEcho =
            session["object"]?.stringValue?.hasPrefix("realtime.") == true
            || ["sess_", "live_"].contains { session["id"]?.stringValue?.hasPrefix($0) == true }
            || session["client_secret"]?["value"]?.stringValue != nil
            || root["session"] != nil && root["value"]?.stringValue != nil && root["expires_at"] != nil
        guard isEcho else { return }
        for name in ["object", "id", "expires_at", "status"] { drop(name, from: &session) }
        if session["client_secret"]?.isRequest == false { drop("client_secret", from: &session) }
        if root["session"] == nil {
            root = JSONObject(LegacyUpgrade.outer.compactMap { name in root[name].map { (name, $0) } })
            for name in LegacyUpgrade.outer { session[name] = nil }
            root["client_secret"] = root["client_secret"].flatMap { $0.isRequest ? $0 : nil }
        } else {
            for name in ["value", "expires_at"] { drop(name, from: &root) }
            if root["client_secret"]?.isRequest == false { drop("client_secret", from: &root) }
        }
        root.prepend("session", .object(session))
    }

    private mutating func withoutNulls(_ value: JSON, shape: Shape?, path: String) -> JSON {
        if case .array(let element, _)? = shape, case .array(let elements) = value {
            return .array(
                elements.enumerated().map { index, value in
                    withoutNulls(value, shape: element, path: "\(path.dropLast())[\(index)].")
                })
        }
        guard case .object(let object) = value else { return value }
        var kept = JSONObject()
        for member in object.members {
            let inner = shape?.shape(at: [member.name])
            let name = path + member.name
            if member.value == .null, inner?.hasType(of: .null) != true {
                dropped.append(name)
            } else {
                kept[member.name] = withoutNulls(member.value, shape: inner, path: "\(name).")
            }
        }
        return .object(kept)
    }
}

extension JSON {
    /// Whether a `client_secret` is the beta interface's request for a lifetime, and not a secret.
    fileprivate var isRequest: Bool {
        self["value"] == nil && (self["expires_after"]?.objectValue ?? self["expires_at"]?.objectValue) != nil
    }
}

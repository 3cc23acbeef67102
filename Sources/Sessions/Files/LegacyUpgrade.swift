import JSON

/// The upgrade of a session file from the beta interface's shape to the GA shape, with a note for each field changed.
struct LegacyUpgrade {
    /// A field that was changed: its path in the file, and what was changed.
    struct Note: Hashable, Sendable {
        let path: String
        let message: String
    }

    private(set) var notes: [Note] = []
    /// The prefix of paths: empty in a file whose members are not inside `session`.
    private var prefix = "session."
    /// The camelCase spellings of members, by their names in the API.
    private let spellings: [String: String]

    init(spellings: [String: String] = [:]) {
        self.spellings = spellings
    }

    /// Members outside of `session`, in a flat file too.
    static let outer = ["session", "expires_after", "client_secret", "access", "answer"]

    /// The file in GA shape. What is not legacy is unchanged, right or wrong.
    mutating func upgrade(_ file: JSON) -> JSON {
        guard case .object(var root) = file else { return file }
        wrapFlatMembers(of: &root)
        guard case .object(var session)? = root["session"] else { return file }
        let kind = SessionKind(of: session, clientSecret: root["client_secret"] ?? session["client_secret"])
        // The Live API never had another shape: names from elsewhere stay, and are errors with advice.
        if kind == .live { return .object(root) }
        let outer = liftExpiry(from: &root, prefix: "")
        let inner = outer == nil && root["expires_after"] == nil ? liftExpiry(from: &session, prefix: prefix) : nil
        if let expiry = outer ?? inner { root["expires_after"] = expiry }
        session = completeFormats(of: moveMembers(of: session, for: kind), for: kind)
        if session["type"] == nil, kind != .translation {
            session.prepend("type", .string(kind.rawValue))
            note(prefix + "type", "is required; \"\(kind)\" is added")
        }
        root["session"] = .object(session)
        return .object(root)
    }

    private mutating func note(_ path: String, _ message: String) {
        notes.append(Note(path: path, message: message))
    }

    private mutating func wrapFlatMembers(of root: inout JSONObject) {
        let isFlat = root["session"] == nil && root.names.contains { LegacyUpgrade.isSessionMember($0) }
        guard isFlat else { return }
        let inner = root.members.filter { !LegacyUpgrade.outer.contains($0.name) }
        for member in inner { root[member.name] = nil }
        root.prepend("session", .object(JSONObject(distinct: inner)))
        prefix = ""
        note("", "the session's members are not inside \"session\"; they are moved there")
    }

    private static func isSessionMember(_ name: String) -> Bool {
        LegacyMember.named(name) != nil
            || SessionKind.allCases.contains { Schema.session(of: $0).shape(at: [name]) != nil }
    }

    /// `client_secret.expires_after`, and `expires_at` for transcription, became the top-level `expires_after`.
    private mutating func liftExpiry(from holder: inout JSONObject, prefix: String) -> JSON? {
        guard case .object(var secret)? = holder["client_secret"], holder["expires_after"] == nil else { return nil }
        for name in ["expires_after", "expires_at"] {
            guard let value = secret[name], value.objectValue != nil else { continue }
            secret[name] = nil
            holder["client_secret"] = secret.isEmpty ? nil : .object(secret)
            note("\(prefix)client_secret.\(name)", "is the legacy name of expires_after")
            return value
        }
        return nil
    }

    private mutating func moveMembers(of session: JSONObject, for kind: SessionKind) -> JSONObject {
        var result = JSONObject()
        for member in session.members {
            if let legacy = LegacyMember.named(member.name) {
                // The object that members are moved into keeps what it has, even if it follows in the file.
                if let first = legacy.successor.first, legacy.successor.count > 1, result[first] == nil {
                    result[first] = session[first]
                }
                move(member, legacy, for: kind, in: session, to: &result)
            } else if member.name == "tools", let tools = member.value.arrayValue {
                result["tools"] = .array(tools.enumerated().map { flatten($1, at: "\(prefix)tools[\($0)]") })
            } else if member.name == "tool_choice" {
                result["tool_choice"] = flatten(member.value, at: "\(prefix)tool_choice")
            } else if result[member.name] == nil {
                result[member.name] = member.value
            }
        }
        return result
    }

    private mutating func move(
        _ member: JSONObject.Member, _ legacy: LegacyMember, for kind: SessionKind, in session: JSONObject,
        to result: inout JSONObject
    ) {
        let path = prefix + (spellings[member.name] ?? member.name)
        if legacy.successor.isEmpty {
            note(path, "\(legacy.explanation); dropped")
        } else if Schema.session(of: kind).shape(at: legacy.successor) == nil {
            note(path, "a \(kind) session has no \(legacy.successor.joined(separator: ".")); dropped")
        } else if let upgraded = JSON.object(result).adding(legacy.conversion(member.value), at: legacy.successor),
            JSON.object(session).value(at: legacy.successor) == nil, let object = upgraded.objectValue
        {
            result = object
            note(path, legacy.explanation)
        } else {
            result[member.name] = member.value
        }
    }

    /// Makes each format the object that it must be. The Agents SDK writes `pcm16` in `audio.input.format` too, and
    /// examples of OpenAI's leave out `rate`, which can only be 24000.
    private mutating func completeFormats(of session: JSONObject, for kind: SessionKind) -> JSONObject {
        var result = JSON.object(session)
        for path in [["audio", "input", "format"], ["audio", "output", "format"]] {
            guard let format = result.value(at: path), Schema.session(of: kind).shape(at: path) != nil
            else { continue }
            var complete = LegacyMember.Conversion.format(format)
            let place = prefix + path.joined(separator: ".")
            if complete != format {
                note(place, "\(format) is the legacy form of \(complete)")
            } else if format["type"] == "audio/pcm", format["rate"] ?? .null == .null {
                complete = format.replacing(24000, at: ["rate"])
                note("\(place).rate", "is required; 24000 is added")
            }
            result = result.replacing(complete, at: path)
        }
        return result.objectValue ?? session
    }

    /// Lifts `function.name` and the rest out of `function`, where Chat Completions has them.
    private mutating func flatten(_ tool: JSON, at path: String) -> JSON {
        guard case .object(let object) = tool, case .object(let function)? = object["function"] else { return tool }
        var flat = object
        flat["function"] = nil
        for member in function.members where flat[member.name] == nil { flat[member.name] = member.value }
        if flat["type"] == nil { flat.prepend("type", "function") }
        note("\(path).function", "is nested as in Chat Completions; its members are moved to \(path)")
        return .object(flat)
    }
}

package import JSON
package import Text

/// A session that browsers can request by name: what to send upstream, and who may request it.
///
/// An object, because every request hands it on: a copy of the values would cost each time eleven references.
package final class Session: Sendable {
    /// The file's name without `.json`.
    package let name: String
    /// The kind, which decides the upstream routes and the rules.
    package let kind: SessionKind
    /// `session.model`; nil where OpenAI chooses, and for transcription, whose model is named deeper.
    package let model: String?
    /// The body of the mint request, made once, without our members. It is never sent if variables are declared.
    package let body: [UInt8]
    /// Lifetime of the client secret: the file's, or OpenAI's default of 600.
    package let expiresAfterSeconds: Int
    /// Who may request the session, how often, and what a request may change.
    package let access: Access
    /// Whether the browser gets OpenAI's whole answer, with instructions and tools (`"answer": "full"`).
    package let answersInFull: Bool
    /// The announced ends of its models and of reusable prompts.
    package let endings: [Ending]

    private let tree: JSON
    private let template: InstructionTemplate
    private let owner: UpstreamOwner

    init(
        name: String, kind: SessionKind, tree: JSON, access: Access, answersInFull: Bool, owner: UpstreamOwner
    ) {
        let session = tree["session"] ?? .null
        self.name = name
        self.kind = kind
        self.tree = tree
        self.owner = owner
        self.access = access
        self.answersInFull = answersInFull
        model = session["model"]?.stringValue
        body = tree.serialized()
        expiresAfterSeconds = tree["expires_after"]?["seconds"]?.numberValue?.integer ?? 600
        endings = Endings.endings(of: session).map(\.ending)
        template = InstructionTemplate(session["instructions"]?.stringValue ?? "")
    }

    /// The body of the mint request, with the overrides and variables of a request.
    ///
    /// Without overrides, and with no variables declared, this is ``body``. The value of a variable is text: it cannot
    /// end the string that contains it, and it is not searched for places.
    /// - Throws: what the file does not allow, or what would make the session invalid; `part` is the member of the
    ///   request, `overrides.audio.output.voice` or `variables.customer`.
    package func body(overrides: JSONObject, variables: JSONObject) throws(Invalid) -> [UInt8] {
        if overrides.isEmpty, variables.isEmpty, access.variables.isEmpty { return body }
        return try changed(overrides, variables).serialized()
    }

    /// The member `session` of a request that creates a call, changed and checked as ``body(overrides:variables:)`` is. A
    /// live session has no `type`.
    package func configuration(overrides: JSONObject, variables: JSONObject) throws(Invalid) -> JSONObject {
        try changed(overrides, variables)["session"]?.objectValue ?? [:]
    }

    private func changed(_ overrides: JSONObject, _ variables: JSONObject) throws(Invalid) -> JSON {
        var tree = tree
        let values = try check(variables)
        if !access.variables.isEmpty {
            tree = tree.replacing(.string(template.filled(with: values)), at: ["session", "instructions"])
        }
        for override in overrides.members {
            guard let rule = access.overrides.first(where: { $0.name.hasSameBytes(as: override.name) }) else {
                throw Invalid("may not be changed in this session", part: "overrides.\(override.name)")
            }
            tree = tree.replacing(try rule.value(for: override.value), at: ["session"] + rule.path)
        }
        if !overrides.isEmpty { try checkRules(of: tree) }
        return tree
    }

    private func check(_ variables: JSONObject) throws(Invalid) -> [String: String] {
        var given: [String: JSON] = [:]
        for variable in variables.members {
            let name = variable.name
            // A text that cannot be a name may be a long text of a stranger's, which takes long to hash.
            guard InstructionTemplate.isName(name), access.variables.rule(of: name) != nil else {
                throw Invalid("is not a variable of this session", part: "variables.\(name)")
            }
            given[name] = variable.value
        }
        var values: [String: String] = [:]
        try access.variables.forEach { (name, limit) throws(Invalid) in
            func invalid(_ reason: String) -> Invalid { Invalid(reason, part: "variables.\(name)") }
            guard let value = given[name] else { throw invalid("is required") }
            guard let text = value.stringValue else { throw invalid("must be a string, is \(value.typeName)") }
            if let objection = limit.objection(to: text) { throw invalid(objection) }
            values[name] = text
        }
        return values
    }

    /// Each override is valid by itself; two of them together, or a text, may still be refused.
    private func checkRules(of tree: JSON) throws(Invalid) {
        let violations = Schema.judge(tree, as: kind)
        guard let violation = violations.first(where: { owner.severity(of: $0.level) == .error }) else { return }
        let path =
            violation.path.hasPrefix("session.") ? violation.path.dropFirst("session.".count) : violation.path[...]
        throw Invalid(violation.advice(for: kind), part: "overrides.\(path)")
    }
}

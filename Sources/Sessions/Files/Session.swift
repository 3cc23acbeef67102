import JSON

/// A session that browsers can ask for by name: what to send upstream, and who may ask.
package struct Session: Sendable {
    /// The file's name without `.json`.
    package let name: String
    /// Decides the routes upstream and the rules.
    package let kind: SessionKind
    /// `session.model`; nil where OpenAI chooses, and for transcription, whose model stands deeper.
    package let model: String?
    /// The body of the mint request, made once; without our members. With variables declared it is never sent as it is.
    package let body: [UInt8]
    /// How long the client secret lives: what the file says, else OpenAI's default of 600.
    package let expiresAfterSeconds: Int
    /// Who may ask for it, how often, and what a request may change.
    package let access: Access
    /// Whether the browser gets OpenAI's whole answer, instructions and tools with it (`"answer": "full"`).
    package let answersInFull: Bool
    /// What of it has an announced end: its models, and reusable prompts.
    package let endings: [Ending]

    let tree: JSON
    let template: InstructionTemplate
    /// Whose models it names.
    let owner: UpstreamOwner

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
        endings = Session.endings(of: session).map(\.ending)
        template = InstructionTemplate(session["instructions"]?.stringValue ?? "")
    }

    /// The endings of a session's models and features, with the path of each.
    static func endings(of session: JSON) -> [(path: String, ending: Ending)] {
        let places = [["model"], ["audio", "input", "transcription", "model"]]
        var endings = places.compactMap { place -> (path: String, ending: Ending)? in
            let model = session.value(at: place[...])?.stringValue
            return model.flatMap(Endings.ending(of:)).map { ("session.\(place.joined(separator: "."))", $0) }
        }
        if session["prompt"]?.objectValue != nil { endings.append(("session.prompt", Endings.reusablePrompts)) }
        return endings
    }
}

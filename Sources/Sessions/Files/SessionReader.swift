import JSON

/// Reads one session file whole: what it says, and what there is to say about it.
struct SessionReader {
    let file: String
    let today: Day
    let rules: SessionRules
    private(set) var findings: [Finding] = []

    init(file: String, today: Day, rules: SessionRules) {
        self.file = file
        self.today = today
        self.rules = rules
    }

    private mutating func find(_ severity: Finding.Severity, _ path: String, _ message: String) {
        findings.append(Finding(severity, file: file, path: path, message))
    }

    /// The session, or nil when there is an error among the findings.
    mutating func session(named name: String, in bytes: [UInt8]) -> Session? {
        let text: SessionFile
        do throws(JSONError) {
            text = try SessionFile(bytes, file: file)
        } catch {
            findings.append(Finding(.error, file: file, error.message, at: error))
            return nil
        }
        findings += text.notes
        guard case .object(var root) = text.root else {
            find(.error, "", "must be an object, is \(text.root.typeName)")
            return nil
        }
        let (access, answer) = (root["access"], root["answer"])
        root["access"] = nil
        root["answer"] = nil
        let kind = takeKind(from: &root)
        let body = JSON.object(root)
        judge(body, as: kind)
        var reader = AccessReader(file: file, kind: kind, body: body, rules: rules)
        reader.read(access)
        findings += reader.findings
        if let answer, answer != "full" { find(.error, "answer", #"must be "full", or be left out"#) }
        guard !findings.contains(where: { $0.severity == .error }) else { return nil }
        return Session(
            name: name, kind: kind, tree: body, access: reader.access, answersInFull: answer != nil, owner: rules.owner)
    }

    /// The kind of the session. `"type": "translation"` is ours, for upstreams whose model has a name of its own, and is
    /// not sent.
    private func takeKind(from root: inout JSONObject) -> SessionKind {
        guard case .object(var session)? = root["session"] else { return .realtime }
        let kind = SessionKind(legacy: session, clientSecret: nil)
        if kind == .translation {
            session["type"] = nil
            root["session"] = .object(session)
        }
        return kind
    }

    private mutating func judge(_ body: JSON, as kind: SessionKind) {
        let model = body["session"]?["model"]
        let isOfLiveAPI = ModelName.isOfLiveAPI(model?.stringValue ?? "")
        if isOfLiveAPI {
            find(
                rules.owner.severity(of: .refusedForModel), "session.model",
                "is a model of OpenAI's Live API, which has no client secrets: a secret is minted, and the session fails "
                    + "when the browser connects; use gpt-realtime-2.1")
        }
        for violation in Schema.judge(body, as: kind) where !(isOfLiveAPI && violation.path == "session.model") {
            // Another upstream's names are its own, and none of them is known here.
            if rules.owner == .other, violation.isAboutModelName { continue }
            find(rules.owner.severity(of: violation.level), violation.path, violation.advice(for: kind))
        }
        if model == nil, kind == .realtime, body["session"]?.objectValue != nil {
            find(.warning, "session.model", "is not given, so OpenAI chooses the model and may change it")
        }
        if let expiry = body["expires_after"]?.objectValue, (expiry["anchor"] == nil) != (expiry["seconds"] == nil) {
            find(.error, "expires_after", "must have both anchor and seconds, or be left out")
        }
        for (path, ending) in Session.endings(of: body["session"] ?? .null) {
            let isGone = ending.wentWithBeta && ending.isOver(on: today)
            find(isGone ? rules.owner.severity(of: .refusedForModel) : .warning, path, ending.sentence(on: today))
        }
    }
}

import JSON

/// Reads one session file: its session, and the findings about it.
struct SessionReader {
    let file: String
    let today: Day
    let rules: SessionRules
    private(set) var findings: [Finding] = []

    private mutating func find(_ severity: Finding.Severity, _ path: String, _ message: String) {
        findings.append(Finding(severity, file: file, path: path, message))
    }

    /// The session; nil when the findings include an error.
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
        if answer != nil, kind == .live {
            find(.error, "answer", "must be left out: a live session has no client secrets, and so no answer with one")
        } else if let answer, answer != "full" {
            find(.error, "answer", #"must be "full", or be left out"#)
        }
        guard !findings.contains(where: { $0.severity == .error }) else { return nil }
        return Session(
            name: name, kind: kind, tree: body, access: reader.access, answersInFull: answer != nil, owner: rules.owner)
    }

    /// The kind of the session. `"type": "translation"` and `"type": "live"` are ours, and are removed.
    private func takeKind(from root: inout JSONObject) -> SessionKind {
        guard case .object(var session)? = root["session"] else { return .realtime }
        let kind = SessionKind(of: session)
        if kind == .translation || kind == .live {
            session["type"] = nil
            root["session"] = .object(session)
        }
        return kind
    }

    private mutating func judge(_ body: JSON, as kind: SessionKind) {
        let model = body["session"]?["model"]
        let isOfLiveAPI = kind != .live && ModelName.isOfLiveAPI(model?.stringValue ?? "")
        if isOfLiveAPI {
            find(
                rules.owner.severity(of: .refusedForModel), "session.model",
                "is a model of OpenAI's Live API, which has no client secrets: a secret is minted, and the session fails "
                    + #"when the browser connects; write "type": "live", or use gpt-realtime-2.1"#)
        }
        if kind == .live, rules.owner == .other {
            find(.warning, "session", "is for OpenAI's Live API, and the upstream is not OpenAI's: it may not have it")
        }
        for violation in Schema.judge(body, as: kind) where !(isOfLiveAPI && violation.path == "session.model") {
            // The names of another upstream's models are not known.
            if rules.owner == .other, violation.isAboutModelName { continue }
            find(rules.owner.severity(of: violation.level), violation.path, violation.advice(for: kind))
        }
        if model == nil, kind == .realtime, body["session"]?.objectValue != nil {
            find(.warning, "session.model", "is not given, so OpenAI chooses the model and may change it")
        }
        if let expiry = body["expires_after"]?.objectValue, (expiry["anchor"] == nil) != (expiry["seconds"] == nil) {
            find(.error, "expires_after", "must have both anchor and seconds, or be left out")
        }
        for (path, ending) in Endings.endings(of: body["session"] ?? .null) {
            let isGone = ending.wentWithBeta && ending.isOver(on: today)
            find(isGone ? rules.owner.severity(of: .refusedForModel) : .warning, path, ending.sentence(on: today))
        }
    }
}

package import JSON

/// The body of a mint request, as OpenAI's public description (2.3.0, 21 August 2026) and its error guide define it.
package struct Schema: Sendable {
    /// What the whole body must look like.
    let body: Shape
    /// What members must hold together.
    let rules: [CrossRule]

    /// What OpenAI itself refuses in a body with 400: the first of them is what it answers with.
    ///
    /// Members are judged in document order, then what must hold between members. Which of `realtime` and
    /// `transcription` the body is about, its own `session.type` says.
    package static func violations(of body: JSON, for kind: SessionKind) -> [Violation] {
        judge(body, as: kind).filter { $0.level != .doubtful }
    }

    /// Everything there is to say about a body by the rules, doubtful things included.
    static func judge(_ body: JSON, as kind: SessionKind) -> [Violation] {
        let schema = kind == .translation ? translation : clientSecret
        var violations: [Violation] = []
        schema.body.judge(body, at: "", into: &violations)
        let session = body["session"] ?? .null
        let type = session["type"]?.stringValue
        for rule in schema.rules where rule.type == nil || rule.type == type {
            rule.judge(session, into: &violations)
        }
        if kind != .translation { MemberRules.judge(session, into: &violations) }
        return violations
    }

    /// The shape of `session` for that kind.
    static func session(of kind: SessionKind) -> Shape {
        switch kind {
        case .realtime: .object([.required("type", .oneOf("realtime"))] + realtimeMembers)
        case .transcription: .object([.required("type", .oneOf("transcription"))] + transcriptionMembers)
        case .translation: .object(translationMembers)
        }
    }

    private static let clientSecret = Schema(
        body: request(
            .tagged([
                .init(SessionKind.realtime.rawValue, realtimeMembers),
                .init(SessionKind.transcription.rawValue, transcriptionMembers),
            ])), rules: CrossRule.all)

    private static let translation = Schema(body: request(.object(translationMembers)), rules: [])

    private static func request(_ session: Shape) -> Shape {
        .object([
            .optional(
                "expires_after",
                .object([.optional("anchor", .oneOf("created_at")), .optional("seconds", .integer(10...7200))])),
            .required("session", session),
        ])
    }
}

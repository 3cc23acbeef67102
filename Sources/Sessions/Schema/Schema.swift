package import JSON

/// The body of a request for a session, as OpenAI defines it: of a mint, by the public description (2.3.0, 21 August 2026)
/// and the error guide; of a Live session, without the members that the service adds, by the types of November 2026.
package enum Schema {
    /// The violations that OpenAI answers with 400. It reports the first of them.
    ///
    /// Members are judged in document order, then the rules between members. The body's own `session.type` decides
    /// between the rules of `realtime` and `transcription`.
    package static func violations(of body: JSON, for kind: SessionKind) -> [Violation] {
        judge(body, as: kind).filter { $0.level != .doubtful }
    }

    /// All violations of a body, doubtful ones included.
    static func judge(_ body: JSON, as kind: SessionKind) -> [Violation] {
        var violations: [Violation] = []
        request(for: kind).judge(body, at: "", into: &violations)
        let session = body["session"] ?? .null
        switch kind {
        case .translation: return violations
        case .live:
            LiveRules.judge(session, into: &violations)
            return violations
        case .realtime, .transcription: break
        }
        let type = session["type"]?.stringValue
        for rule in CrossRule.all where rule.type == nil || rule.type == type {
            rule.judge(session, into: &violations)
        }
        MemberRules.judge(session, into: &violations)
        return violations
    }

    /// The shape of `session` for that kind.
    static func session(of kind: SessionKind) -> Shape {
        switch kind {
        case .realtime: .object([.required("type", .oneOf("realtime"))] + realtimeMembers)
        case .transcription: .object([.required("type", .oneOf("transcription"))] + transcriptionMembers)
        case .translation: .object(translationMembers)
        case .live: .object(liveMembers)
        }
    }

    private static func request(for kind: SessionKind) -> Shape {
        switch kind {
        case .realtime, .transcription: clientSecret
        case .translation: translation
        case .live: live
        }
    }

    private static let clientSecret = request(
        .tagged([
            .init(SessionKind.realtime.rawValue, realtimeMembers),
            .init(SessionKind.transcription.rawValue, transcriptionMembers),
        ]))

    private static let translation = request(.object(translationMembers))

    private static let live = Shape.object([.required("session", .object(liveMembers))])

    private static func request(_ session: Shape) -> Shape {
        .object([
            .optional(
                "expires_after",
                .object([.optional("anchor", .oneOf("created_at")), .optional("seconds", .integer(10...7200))])),
            .required("session", session),
        ])
    }
}

import JSON

/// A rule between a member of `session` and the model that the session names.
struct CrossRule: Sendable {
    /// What the model demands of the member.
    enum Demand: Sendable {
        /// The member must be absent with these models.
        case absent(with: [String])
        /// The member must be written as null with these models; where it is absent, its default is not null.
        case null(with: [String])
        /// Known models other than these do not take the member; nothing is said about models that are not known.
        case only(with: [String])
        /// With these models another member takes its place.
        case replaced(by: String, with: [String])
        /// With these models a text of more characters is refused.
        case length(Int, with: [String])
    }

    /// The `session.type` that it is about; nil for every type.
    var type: String?
    let member: [String]
    let model: [String]
    let known: [String]
    let demand: Demand
    /// How sure it is that OpenAI refuses a session that breaks the rule.
    var level = Violation.Level.doubtful

    func judge(_ session: JSON, into violations: inout [Violation]) {
        guard let model = session.value(at: model[...])?.stringValue,
            let words = objection(to: session.value(at: member[...]), in: session, with: model)
        else { return }
        violations.append(Violation((["session"] + member).joined(separator: "."), words, level: level))
    }

    /// What is wrong with the value, nil when nothing is.
    private func objection(to value: JSON?, in session: JSON, with model: String) -> Violation.Fault? {
        func isOne(_ models: [String]) -> Bool { ModelName.isOne(model, of: models) }
        switch demand {
        case .absent(let models) where value != nil && isOne(models):
            return .conflict("the model '\(model)' does not take it")
        case .null(let models) where value != .null && isOne(models):
            return .turnDetection(model: model)
        case .only(let models) where value != nil && ModelName.isKnown(model, among: known) && !isOne(models):
            let takers = "\(models.listed(by: "and")) take\(models.count == 1 ? "s" : "")"
            return .conflict("only \(takers) it, and the model is '\(model)'")
        case .replaced(let other, let models) where value != nil && isOne(models):
            // Of both together there is a rule of its own.
            guard session.value(at: (member.dropLast() + [other])[...]) == nil else { return nil }
            return .conflict("the model '\(model)' takes \(other) in its place")
        case .length(let most, let models) where isOne(models):
            guard let count = value?.stringValue?.unicodeScalars.count, count > most else { return nil }
            return .conflict("the model '\(model)' may refuse more than \(most) characters, and these are \(count)")
        default: return nil
        }
    }

    static let all: [CrossRule] = [
        onTranscription("prompt", .absent(with: ["gpt-realtime-whisper"]), .refusedForModel),
        onTranscription("prompt", .length(1024, with: ["gpt-live-transcribe"])),
        onTranscription("keywords", .only(with: ModelName.biasable), .refusedForModel),
        onTranscription("languages", .only(with: ModelName.biasable)),
        onTranscription("language", .replaced(by: "languages", with: ModelName.biasable)),
        onTranscription("delay", .only(with: ModelName.delayable)),
        onTurnDetection(of: .transcription, .null(with: ModelName.withoutTurnDetection), .refusedForModel),
        // Whether a conversation may have both, no source decides.
        onTurnDetection(of: .realtime, .null(with: ["gpt-live-transcribe"]), .doubtful),
        onSession("reasoning", .only(with: ModelName.reasoning)),
        onSession("parallel_tool_calls", .only(with: ModelName.reasoning)),
    ]

    private static let transcriptionModel = ["audio", "input", "transcription", "model"]

    private static func onTranscription(
        _ member: String, _ demand: Demand, _ level: Violation.Level = .doubtful
    ) -> CrossRule {
        CrossRule(
            member: ["audio", "input", "transcription", member], model: transcriptionModel,
            known: ModelName.transcribing, demand: demand, level: level)
    }

    private static func onTurnDetection(of kind: SessionKind, _ demand: Demand, _ level: Violation.Level) -> CrossRule {
        CrossRule(
            type: kind.rawValue, member: ["audio", "input", "turn_detection"], model: transcriptionModel,
            known: ModelName.transcribing, demand: demand, level: level)
    }

    private static func onSession(_ member: String, _ demand: Demand) -> CrossRule {
        CrossRule(
            type: SessionKind.realtime.rawValue, member: [member], model: ["model"], known: ModelName.conversational,
            demand: demand)
    }
}

import JSON

/// A rule between a member of `session` and the model that the session names.
struct CrossRule: Sendable {
    /// What the model requires of the member.
    enum Demand: Sendable {
        /// The member must be absent with these models.
        case absent(with: [String])
        /// The member must be written as null with these models; its default is not null.
        case null(with: [String])
        /// Only these of the known models accept the member. The rule does not apply to unknown models.
        case only(with: [String])
        /// These models accept another member instead.
        case replaced(by: String, with: [String])
        /// These models refuse a text of more characters.
        case length(Int, with: [String])
    }

    /// The `session.type` that the rule applies to; nil for every type.
    let type: String?
    private let member: [String]
    private let model: [String]
    private let known: [String]
    private let demand: Demand
    /// How certain it is that OpenAI refuses a session that breaks the rule.
    private let level: Violation.Level

    func judge(_ session: JSON, into violations: inout [Violation]) {
        guard let model = session.value(at: model)?.stringValue,
            let fault = fault(of: session.value(at: member), in: session, with: model)
        else { return }
        violations.append(Violation((["session"] + member).joined(separator: "."), fault, level: level))
    }

    private func fault(of value: JSON?, in session: JSON, with model: String) -> Violation.Fault? {
        func isOne(_ models: [String]) -> Bool { ModelName.isOne(model, of: models) }
        switch demand {
        case .absent(let models) where value != nil && isOne(models):
            return .conflict("the model '\(model)' does not accept it")
        case .null(let models) where value != .null && isOne(models):
            return .turnDetection(model: model)
        case .only(let models) where value != nil && ModelName.isKnown(model, among: known) && !isOne(models):
            let verb = models.count == 1 ? "accepts" : "accept"
            return .conflict("only \(models.listed(by: "and")) \(verb) it, and the model is '\(model)'")
        case .replaced(let other, let models) where value != nil && isOne(models):
            // `MemberRules` refuses both together.
            guard session.value(at: member.dropLast() + [other]) == nil else { return nil }
            return .conflict("the model '\(model)' accepts \(other) instead")
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
        // No source says whether a conversation may have both.
        onTurnDetection(of: .realtime, .null(with: ["gpt-live-transcribe"]), .doubtful),
        onSession("reasoning", .only(with: ModelName.reasoning)),
        onSession("parallel_tool_calls", .only(with: ModelName.reasoning)),
    ]

    private static let transcription = ["audio", "input", "transcription"]

    private static func onTranscription(
        _ member: String, _ demand: Demand, _ level: Violation.Level = .doubtful
    ) -> CrossRule {
        CrossRule(
            type: nil, member: transcription + [member], model: transcription + ["model"],
            known: ModelName.transcribing, demand: demand, level: level)
    }

    private static func onTurnDetection(of kind: SessionKind, _ demand: Demand, _ level: Violation.Level) -> CrossRule {
        CrossRule(
            type: kind.rawValue, member: ["audio", "input", "turn_detection"], model: transcription + ["model"],
            known: ModelName.transcribing, demand: demand, level: level)
    }

    private static func onSession(_ member: String, _ demand: Demand) -> CrossRule {
        CrossRule(
            type: SessionKind.realtime.rawValue, member: [member], model: ["model"], known: ModelName.conversational,
            demand: demand, level: .doubtful)
    }
}

/// A rule between a member of `session` and the model that the session names.
struct CrossRule: Sendable {
    /// What the model asks of the member.
    enum Demand: Sendable {
        /// The member must not be there with these models.
        case absent(with: [String])
        /// The member must be null with these models; where it is not there, its default is not null.
        case null(with: [String])
        /// The member works with these models only; about a model that is not known there is nothing to say.
        case only(with: [String])
    }

    /// The `session.type` that it is about; nil for every type.
    var type: String?
    let member: [String]
    let model: [String]
    let known: [String]
    let demand: Demand

    func judge(_ session: JSON, into violations: inout [Violation]) {
        guard let model = session.value(at: model[...])?.stringValue else { return }
        let value = session.value(at: member[...])
        let path = (["session"] + member).joined(separator: ".")
        switch demand {
        case .absent(let models) where models.contains(model) && value != nil:
            violations.append(Violation(path, .conflict("the model '\(model)' does not take it")))
        case .null(let models) where models.contains(model) && value != .null:
            let words = "it must be null with the model '\(model)'"
            violations.append(
                Violation(path, .conflict(words), level: value == nil ? .doubtful : .refusedByOpenAI))
        case .only(let models) where value != nil && known.contains(model) && !models.contains(model):
            let words = "it works with \(models.listed(by: "and")) only, and the model is '\(model)'"
            violations.append(Violation(path, .conflict(words), level: .doubtful))
        default: break
        }
    }

    static let all: [CrossRule] = [
        onTranscription("prompt", .absent(with: ["gpt-realtime-whisper"])),
        onTranscription("languages", .only(with: ModelName.biasable)),
        onTranscription("keywords", .only(with: ModelName.biasable)),
        onTranscription("delay", .only(with: ["gpt-realtime-whisper"])),
        CrossRule(
            type: SessionKind.transcription.rawValue, member: ["audio", "input", "turn_detection"],
            model: transcriptionModel, known: ModelName.transcribing, demand: .null(with: ["gpt-realtime-whisper"])),
        onSession("reasoning", .only(with: ModelName.reasoning)),
        onSession("parallel_tool_calls", .only(with: ModelName.reasoning)),
    ]

    private static let transcriptionModel = ["audio", "input", "transcription", "model"]

    private static func onTranscription(_ member: String, _ demand: Demand) -> CrossRule {
        CrossRule(
            member: ["audio", "input", "transcription", member], model: transcriptionModel,
            known: ModelName.transcribing, demand: demand)
    }

    private static func onSession(_ member: String, _ demand: Demand) -> CrossRule {
        CrossRule(
            type: SessionKind.realtime.rawValue, member: [member], model: ["model"], known: ModelName.conversational,
            demand: demand)
    }
}

import JSON

/// A member of the beta interface's session, and what became of it.
struct LegacyMember: Sendable {
    /// How its value is carried over.
    enum Conversion: Sendable {
        case unchanged
        /// A list with audio in it becomes audio alone, which comes with a transcript; every other becomes text.
        case modalities
        /// A word becomes an object.
        case format
        /// `enabled` is dropped; what was not enabled becomes null.
        case transcription
    }

    let name: String
    /// Where it stands now, below `session`; empty where it has no successor.
    let successor: [String]
    var conversion = Conversion.unchanged

    /// The member of that name, nil when it is not legacy.
    static func named(_ name: String) -> LegacyMember? {
        all.first { $0.name == name }
    }

    /// `is the legacy name of session.audio.output.voice`.
    var explanation: String {
        successor.isEmpty
            ? "the GA interface has no \(name)"
            : "session.\(name) is the legacy name of session.\(successor.joined(separator: "."))"
    }

    static let all: [LegacyMember] = [
        LegacyMember(name: "modalities", successor: ["output_modalities"], conversion: .modalities),
        LegacyMember(name: "voice", successor: ["audio", "output", "voice"]),
        LegacyMember(name: "speed", successor: ["audio", "output", "speed"]),
        LegacyMember(name: "input_audio_format", successor: ["audio", "input", "format"], conversion: .format),
        LegacyMember(name: "output_audio_format", successor: ["audio", "output", "format"], conversion: .format),
        LegacyMember(
            name: "input_audio_transcription", successor: ["audio", "input", "transcription"],
            conversion: .transcription),
        LegacyMember(name: "input_audio_noise_reduction", successor: ["audio", "input", "noise_reduction"]),
        LegacyMember(name: "turn_detection", successor: ["audio", "input", "turn_detection"]),
        LegacyMember(name: "max_response_output_tokens", successor: ["max_output_tokens"]),
        LegacyMember(name: "temperature", successor: []),
    ]
}

extension LegacyMember.Conversion {
    /// The value in its GA form; what the beta interface would not have taken either stays as it is.
    func callAsFunction(_ value: JSON) -> JSON {
        switch (self, value) {
        case (.modalities, .array(let elements)):
            let hasAudio = elements.contains { $0.stringValue?.lowercased() == "audio" }
            return [hasAudio ? "audio" : "text"]
        case (.format, "pcm16"): return ["type": "audio/pcm", "rate": 24000]
        case (.format, "g711_ulaw"): return ["type": "audio/pcmu"]
        case (.format, "g711_alaw"): return ["type": "audio/pcma"]
        case (.transcription, .object(var object)):
            if object["enabled"] == .bool(false) { return .null }
            object["enabled"] = nil
            return .object(object)
        default: return value
        }
    }
}

import JSON

/// A member of the beta interface's session, and its successor in the GA interface.
struct LegacyMember: Sendable {
    /// How the value is carried over.
    enum Conversion: Sendable {
        case unchanged
        /// A list with audio in it becomes audio only, which comes with a transcript; every other list becomes text.
        case modalities
        /// The name of a format becomes an object.
        case format
        /// `enabled` is dropped; `"enabled": false` becomes null.
        case transcription
    }

    let name: String
    /// The path of the successor below `session`; empty where there is none.
    let successor: [String]
    let conversion: Conversion

    private init(_ name: String, _ successor: [String], _ conversion: Conversion = .unchanged) {
        self.name = name
        self.successor = successor
        self.conversion = conversion
    }

    /// The member of that name; nil when it is not legacy.
    static func named(_ name: String) -> LegacyMember? {
        all.first { $0.name == name }
    }

    /// `is the legacy name of session.audio.output.voice`, or that the GA interface does not have it.
    var explanation: String {
        successor.isEmpty
            ? "the GA interface has no \(name)" : "is the legacy name of session.\(successor.joined(separator: "."))"
    }

    private static let all = [
        LegacyMember("modalities", ["output_modalities"], .modalities),
        LegacyMember("voice", ["audio", "output", "voice"]),
        LegacyMember("speed", ["audio", "output", "speed"]),
        LegacyMember("input_audio_format", ["audio", "input", "format"], .format),
        LegacyMember("output_audio_format", ["audio", "output", "format"], .format),
        LegacyMember("input_audio_transcription", ["audio", "input", "transcription"], .transcription),
        LegacyMember("input_audio_noise_reduction", ["audio", "input", "noise_reduction"]),
        LegacyMember("turn_detection", ["audio", "input", "turn_detection"]),
        LegacyMember("max_response_output_tokens", ["max_output_tokens"]),
        LegacyMember("temperature", []),
    ]
}

extension LegacyMember.Conversion {
    /// The value in its GA form. A value that the beta interface would have refused stays as it is.
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

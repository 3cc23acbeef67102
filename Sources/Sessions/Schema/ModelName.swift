import Text

/// The known names of models. Every other name is passed on with a warning: new models appear, and other upstreams have
/// their own.
enum ModelName {
    /// Models that a realtime session runs on.
    static let conversational =
        reasoning + [
            "gpt-realtime-1.5", "gpt-realtime", "gpt-realtime-2025-08-28", "gpt-realtime-mini",
            "gpt-realtime-mini-2025-10-06", "gpt-realtime-mini-2025-12-15", "gpt-audio-1.5", "gpt-audio-mini",
            "gpt-audio-mini-2025-10-06", "gpt-audio-mini-2025-12-15", "gpt-4o-realtime-preview",
            "gpt-4o-realtime-preview-2024-10-01", "gpt-4o-realtime-preview-2024-12-17",
            "gpt-4o-realtime-preview-2025-06-03", "gpt-4o-mini-realtime-preview",
            "gpt-4o-mini-realtime-preview-2024-12-17",
        ]

    /// The conversational models that reason.
    static let reasoning = ["gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2"]

    /// Models that transcribe the input.
    static let transcribing =
        biasable + [
            "gpt-realtime-whisper", "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
            "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize",
        ]

    /// The transcribing models that accept `languages` and `keywords`.
    static let biasable = ["gpt-transcribe", "gpt-live-transcribe"]

    /// The transcribing models that accept `delay`.
    static let delayable = ["gpt-live-transcribe", "gpt-realtime-whisper"]

    /// The transcribing models that refuse turn detection in a transcription session.
    static let withoutTurnDetection = delayable

    /// Models that a translation session runs on.
    static let translating = ["gpt-realtime-translate"]

    /// Models that a Live session runs on.
    static let live = ["gpt-live-1", "gpt-live-1.1"]

    /// Whether the model is one of these or a version of one, as `gpt-transcribe-2026-10-01` is of `gpt-transcribe`.
    static func isOne(_ model: String, of families: [String]) -> Bool {
        families.contains { model == $0 || model.hasPrefix("\($0)-") }
    }

    /// Whether the model is one of these, or a version of one that has only a date after the name.
    static func isKnown(_ model: String, among names: [String]) -> Bool {
        names.contains { name in
            model == name || model.hasPrefix("\(name)-") && isDate(model.utf8.dropFirst(name.utf8.count + 1))
        }
    }

    /// Whether the model belongs to the Live API, which has no client secrets: a secret is minted for it, and the
    /// session fails when the browser connects.
    static func isOfLiveAPI(_ model: String) -> Bool {
        model.hasPrefix("gpt-live") && !model.hasPrefix("gpt-live-transcribe")
    }

    /// Whether the model belongs to the Realtime API, so that the Live API refuses it.
    static func isOfRealtimeAPI(_ model: String) -> Bool {
        ["gpt-realtime", "gpt-live-transcribe"].contains(where: model.hasPrefix)
    }

    /// `2026-10-01`
    private static func isDate(_ text: Substring.UTF8View) -> Bool {
        text.count == 10
            && zip(text, "0000-00-00".utf8).allSatisfy { byte, form in
                form == UInt8(ascii: "-") ? byte == form : byte.isDigit
            }
    }
}

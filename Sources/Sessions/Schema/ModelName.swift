/// The names of models that are known; every other name is passed on with a warning, for new ones come and other
/// upstreams have their own.
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

    /// Those of them that reason.
    static let reasoning = ["gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2"]

    /// Models that transcribe the input.
    static let transcribing =
        biasable + [
            "gpt-realtime-whisper", "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
            "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize",
        ]

    /// Those of them that take `languages` and `keywords`.
    static let biasable = ["gpt-transcribe", "gpt-live-transcribe"]

    /// Models that a translation session runs on.
    static let translating = ["gpt-realtime-translate"]

    /// Models for which OpenAI mints a secret that then fails when the browser connects.
    static let failingAtConnect = ["gpt-live-1"]
}

/// What ends when, by OpenAI's deprecations page as of 27 November 2026.
package enum Endings {
    /// The announced end of that model, nil when none is announced.
    package static func ending(of model: String) -> Ending? {
        let row = models.first { $0.name == model } ?? models.first { $0.isPrefix && model.hasPrefix($0.name) }
        return row.map {
            Ending(subject: model, date: $0.date, replacement: $0.replacement, wentWithBeta: $0.wentWithBeta)
        }
    }

    /// `session.prompt`.
    package static let reusablePrompts = Ending(
        subject: "session.prompt (a reusable prompt)", date: Day(2026, 11, 30), replacement: "session.instructions",
        wentWithBeta: false)

    private struct Row {
        let name: String
        let date: Day
        let replacement: String
        /// Whether the dated versions `NAME-2024-12-17` end with it.
        var isPrefix = false
        var wentWithBeta = false
    }

    /// It takes turn detection and goes without, as the models that end do; `gpt-live-transcribe` refuses it.
    private static let transcriber = "gpt-transcribe"

    private static let models: [Row] = [
        Row(
            name: "gpt-4o-realtime-preview", date: Day(2026, 5, 7), replacement: "gpt-realtime-2.1", isPrefix: true,
            wentWithBeta: true),
        Row(
            name: "gpt-4o-mini-realtime-preview", date: Day(2026, 5, 7), replacement: "gpt-realtime-2.1-mini",
            isPrefix: true, wentWithBeta: true),
        Row(
            name: "gpt-4o-mini-realtime-preview-2024-12-17", date: Day(2026, 7, 23),
            replacement: "gpt-realtime-2.1-mini", wentWithBeta: true),
        Row(name: "gpt-realtime-mini-2025-10-06", date: Day(2026, 7, 23), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "gpt-audio-mini-2025-10-06", date: Day(2026, 7, 23), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "gpt-realtime", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1"),
        Row(name: "gpt-realtime-2025-08-28", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1"),
        Row(name: "gpt-realtime-mini", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "gpt-realtime-mini-2025-12-15", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "gpt-audio-mini", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "gpt-audio-mini-2025-12-15", date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1-mini"),
        Row(name: "whisper-1", date: Day(2027, 2, 26), replacement: transcriber),
        Row(name: "gpt-4o-transcribe", date: Day(2027, 2, 26), replacement: transcriber),
        Row(name: "gpt-4o-mini-transcribe", date: Day(2027, 2, 26), replacement: transcriber, isPrefix: true),
        Row(name: "gpt-4o-transcribe-diarize", date: Day(2027, 2, 26), replacement: transcriber),
    ]
}

import JSON

/// A model or a feature whose end OpenAI has announced.
package struct Ending: Hashable, Sendable {
    /// The model, or a name of the feature.
    package let subject: String
    /// The first day on which it no longer works.
    package let date: Day
    /// What to use instead.
    package let replacement: String
    /// Whether it ended with the beta interface: a session on it can no longer be minted, so it is refused.
    package let wentWithBeta: Bool

    /// `gpt-realtime ends on 2027-01-20 (in 59 days); use gpt-realtime-2.1`.
    package func sentence(on today: Day) -> String {
        let days = today.days(until: date)
        let when = days > 0 ? "ends on \(date) (in \(days) day\(days == 1 ? "" : "s"))" : "ended on \(date)"
        return "\(subject) \(when); use \(replacement)"
    }

    /// Whether it no longer works on that day.
    func isOver(on today: Day) -> Bool {
        date <= today
    }
}

/// The announced ends, by OpenAI's deprecations page as of 27 November 2026.
package enum Endings {
    /// The announced end of that model; nil when none is announced.
    package static func ending(of model: String) -> Ending? {
        let row =
            rows.first { $0.models.contains(model) }
            ?? rows.first { $0.isDated && $0.models.contains(where: model.hasPrefix) }
        return row.map {
            Ending(subject: model, date: $0.date, replacement: $0.replacement, wentWithBeta: $0.wentWithBeta)
        }
    }

    /// The endings of a session's models and features, with the path of each.
    static func endings(of session: JSON) -> [(path: String, ending: Ending)] {
        let places = [["model"], ["audio", "input", "transcription", "model"]]
        var endings = places.compactMap { place -> (path: String, ending: Ending)? in
            let model = session.value(at: place)?.stringValue
            return model.flatMap(ending(of:)).map { ("session.\(place.joined(separator: "."))", $0) }
        }
        if session["prompt"]?.objectValue != nil { endings.append(("session.prompt", reusablePrompts)) }
        return endings
    }

    private static let reusablePrompts = Ending(
        subject: "session.prompt (a reusable prompt)", date: Day(2026, 11, 30), replacement: "session.instructions",
        wentWithBeta: false)

    private struct Row {
        let models: [String]
        let date: Day
        let replacement: String
        /// Whether the dated versions `NAME-2024-12-17` end with the models.
        var isDated = false
        var wentWithBeta = false
    }

    private static let rows = [
        Row(
            models: ["gpt-4o-realtime-preview"], date: Day(2026, 5, 7), replacement: "gpt-realtime-2.1", isDated: true,
            wentWithBeta: true),
        Row(
            models: ["gpt-4o-mini-realtime-preview"], date: Day(2026, 5, 7), replacement: "gpt-realtime-2.1-mini",
            isDated: true, wentWithBeta: true),
        Row(
            models: ["gpt-4o-mini-realtime-preview-2024-12-17"], date: Day(2026, 7, 23),
            replacement: "gpt-realtime-2.1-mini", wentWithBeta: true),
        Row(
            models: ["gpt-realtime-mini-2025-10-06", "gpt-audio-mini-2025-10-06"], date: Day(2026, 7, 23),
            replacement: "gpt-realtime-2.1-mini"),
        Row(
            models: ["gpt-realtime", "gpt-realtime-2025-08-28"], date: Day(2027, 1, 20),
            replacement: "gpt-realtime-2.1"),
        Row(
            models: [
                "gpt-realtime-mini", "gpt-realtime-mini-2025-12-15", "gpt-audio-mini", "gpt-audio-mini-2025-12-15",
            ], date: Day(2027, 1, 20), replacement: "gpt-realtime-2.1-mini"),
        // Unlike `gpt-live-transcribe`, the replacement works with and without turn detection, as these models do.
        Row(
            models: ["whisper-1", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize"], date: Day(2027, 2, 26),
            replacement: "gpt-transcribe"),
        Row(
            models: ["gpt-4o-mini-transcribe"], date: Day(2027, 2, 26), replacement: "gpt-transcribe", isDated: true),
    ]
}

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
        let row = models.first { $0.name == model } ?? models.first { $0.isPrefix && model.hasPrefix($0.name) }
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
        let name: String
        let date: Day
        let replacement: String
        let isPrefix: Bool
        let wentWithBeta: Bool

        /// - Parameter isPrefix: whether the dated versions `NAME-2024-12-17` end with the model.
        init(_ name: String, _ date: Day, _ replacement: String, isPrefix: Bool = false, wentWithBeta: Bool = false) {
            self.name = name
            self.date = date
            self.replacement = replacement
            self.isPrefix = isPrefix
            self.wentWithBeta = wentWithBeta
        }
    }

    /// Unlike `gpt-live-transcribe`, it works with and without turn detection, as the models that end do.
    private static let transcriber = "gpt-transcribe"

    private static let models = [
        Row("gpt-4o-realtime-preview", Day(2026, 5, 7), "gpt-realtime-2.1", isPrefix: true, wentWithBeta: true),
        Row(
            "gpt-4o-mini-realtime-preview", Day(2026, 5, 7), "gpt-realtime-2.1-mini", isPrefix: true, wentWithBeta: true
        ),
        Row(
            "gpt-4o-mini-realtime-preview-2024-12-17", Day(2026, 7, 23), "gpt-realtime-2.1-mini", wentWithBeta: true),
        Row("gpt-realtime-mini-2025-10-06", Day(2026, 7, 23), "gpt-realtime-2.1-mini"),
        Row("gpt-audio-mini-2025-10-06", Day(2026, 7, 23), "gpt-realtime-2.1-mini"),
        Row("gpt-realtime", Day(2027, 1, 20), "gpt-realtime-2.1"),
        Row("gpt-realtime-2025-08-28", Day(2027, 1, 20), "gpt-realtime-2.1"),
        Row("gpt-realtime-mini", Day(2027, 1, 20), "gpt-realtime-2.1-mini"),
        Row("gpt-realtime-mini-2025-12-15", Day(2027, 1, 20), "gpt-realtime-2.1-mini"),
        Row("gpt-audio-mini", Day(2027, 1, 20), "gpt-realtime-2.1-mini"),
        Row("gpt-audio-mini-2025-12-15", Day(2027, 1, 20), "gpt-realtime-2.1-mini"),
        Row("whisper-1", Day(2027, 2, 26), transcriber),
        Row("gpt-4o-transcribe", Day(2027, 2, 26), transcriber),
        Row("gpt-4o-mini-transcribe", Day(2027, 2, 26), transcriber, isPrefix: true),
        Row("gpt-4o-transcribe-diarize", Day(2027, 2, 26), transcriber),
    ]
}

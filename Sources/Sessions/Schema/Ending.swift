/// A model or a feature that OpenAI has announced the end of.
package struct Ending: Hashable, Sendable {
    /// The model, or the feature in words.
    package let subject: String
    /// The first day on which it no longer works.
    package let date: Day
    /// What takes its place.
    package let replacement: String
    /// Whether it went with the beta interface: a session on it cannot be minted any more, so it is refused.
    package let wentWithBeta: Bool

    /// `gpt-realtime ends on 2027-01-20 (in 59 days); use gpt-realtime-2.1`.
    package func sentence(on today: Day) -> String {
        let days = today.days(until: date)
        let when = days > 0 ? "ends on \(date) (in \(days) day\(days == 1 ? "" : "s"))" : "has ended on \(date)"
        return "\(subject) \(when); use \(replacement)"
    }

    /// Whether it is over on that day.
    package func isOver(on today: Day) -> Bool {
        date <= today
    }
}

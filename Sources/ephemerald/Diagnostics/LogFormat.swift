/// How diagnostics are written.
package enum LogFormat: String, CaseIterable, Sendable {
    /// As text on a terminal, as JSON elsewhere.
    case auto
    /// For people: `TIME LEVEL: MESSAGE NAME=VALUE …`.
    case text
    /// For machines: one JSON object a line.
    case json
}

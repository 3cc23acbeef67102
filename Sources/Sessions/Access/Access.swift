package import HTTP

/// The member `access` of a session file: who may use the session, how often, and what a request may change in it.
package struct Access: Sendable {
    /// Only these origins may use the session, of those that the service admits; nil for all of them.
    package internal(set) var origins: [OriginPattern]?
    /// How often, where it differs from the settings.
    package internal(set) var limits = Limits()
    /// What a request may change.
    var overrides: [OverrideRule] = []
    /// What a request fills in.
    var variables: [VariableRule] = []

    /// Limits of one session, each on its own scope; nil leaves the setting in force.
    package struct Limits: Hashable, Sendable {
        /// One address (or the first 64 bits of it).
        package internal(set) var client: Limit?
        /// One authenticated caller.
        package internal(set) var caller: Limit?
        /// One origin.
        package internal(set) var origin: Limit?
        /// All requests for this session.
        package internal(set) var session: Limit?
        /// All requests for this session, in place of the limit that the settings put on all sessions together.
        package internal(set) var all: Limit?

        /// The settings' limits, all of them.
        package init() {}
    }

    /// A limit as a session file has it.
    package enum Limit: Hashable, Sendable {
        /// Not limited, whatever the settings say: `"off"`.
        case off
        case rate(RateLimit)
    }
}

/// A text that a request supplies: how long it may be and what it may consist of.
struct TextRule: Sendable {
    /// In Unicode scalars.
    let maxLength: Int
    let pattern: TextPattern?

    /// Why the text is refused, nil when it is not.
    func objection(to text: String) -> String? {
        let scalars = text.unicodeScalars
        if scalars.count > maxLength { return "must have at most \(maxLength) characters, has \(scalars.count)" }
        if let pattern { return pattern.matches(text) ? nil : "must match \(pattern.source)" }
        // Without a pattern a text is one line: line breaks are what forged instructions are made of.
        let hasControls = scalars.contains { $0.properties.generalCategory == .control || $0.isLineSeparator }
        return hasControls ? "must not contain line breaks or other control characters" : nil
    }
}

extension UnicodeScalar {
    fileprivate var isLineSeparator: Bool { value == 0x2028 || value == 0x2029 }
}

/// A variable of a session's instructions.
struct VariableRule: Sendable {
    let name: String
    let text: TextRule
}

/// Why the `overrides` or `variables` of a request are refused.
package struct InvalidRequest: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member of the request: `overrides.audio.output.voice`, `variables.customer`.
    package let path: String
    /// What is wrong and what is right, in words that stand behind the path.
    package let message: String

    init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { "\(path) \(message)" }
}

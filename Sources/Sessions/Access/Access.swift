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
        /// In place of the setting.
        case rate(RateLimit)
    }
}

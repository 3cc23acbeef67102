package import Sessions

/// The limits of the settings, one a dimension; nil is off.
package struct RateLimits: Hashable, Sendable {
    /// For one client address (IPv6: one /64).
    package var client: RateLimit?
    /// For one caller; nothing to count where nobody is asked who he is.
    package var caller: RateLimit?
    /// For the pages of one origin; requests without one count as one.
    package var origin: RateLimit?
    /// For one session.
    package var session: RateLimit?
    /// For everybody together.
    package var all: RateLimit?

    /// All of them off, but those that are named.
    package init(
        client: RateLimit? = nil, caller: RateLimit? = nil, origin: RateLimit? = nil, session: RateLimit? = nil,
        all: RateLimit? = nil
    ) {
        self.client = client
        self.caller = caller
        self.origin = origin
        self.session = session
        self.all = all
    }
}

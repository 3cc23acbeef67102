/// The quotas of the settings: tokens a day in UTC, one a dimension; nil is off.
package struct Quotas: Hashable, Sendable {
    /// For one caller; nothing to count where nobody is asked who he is.
    package var caller: Int?
    /// For one session, whoever asks for it.
    package var session: Int?
    /// For everybody together.
    package var all: Int?

    /// All of them off, but those that are named.
    package init(caller: Int? = nil, session: Int? = nil, all: Int? = nil) {
        self.caller = caller
        self.session = session
        self.all = all
    }

    /// Whether there is nothing to count.
    package var areOff: Bool { self == Quotas() }

    /// The quotas that a token of this caller for this session is counted under.
    /// - Parameter caller: as the usage log names him; nil when nobody is asked who he is.
    package func checks(caller name: String?, session: String) -> [QuotaCheck] {
        if areOff { return [] }
        var checks: [QuotaCheck] = []
        if let caller, let name { checks.append(QuotaCheck(.caller, allowance: caller, identity: name)) }
        if let allowance = self.session {
            checks.append(QuotaCheck(.session, allowance: allowance, identity: session))
        }
        if let all { checks.append(QuotaCheck(.all, allowance: all, identity: "")) }
        return checks
    }
}

/// What a quota counts by.
package enum QuotaDimension: String, Hashable, Sendable, CaseIterable {
    /// Who the client has proved to be.
    case caller
    /// The session that is asked for.
    case session
    /// Everybody together.
    case all

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .caller: "This caller has used up the tokens of today."
        case .session: "The tokens of this session are used up for today."
        case .all: "The tokens of this service are used up for today."
        }
    }
}

/// One quota that a request has to pass, and whom it counts.
package struct QuotaCheck: Hashable, Sendable {
    /// What it counts by.
    package let dimension: QuotaDimension
    /// Tokens a day.
    package let allowance: Int
    /// The caller's or the session's name; empty for everybody.
    package let identity: String

    /// An allowance of 0 refuses everything.
    package init(_ dimension: QuotaDimension, allowance: Int, identity: String) {
        self.dimension = dimension
        self.allowance = allowance
        self.identity = identity
    }
}

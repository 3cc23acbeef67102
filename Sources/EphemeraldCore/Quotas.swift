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

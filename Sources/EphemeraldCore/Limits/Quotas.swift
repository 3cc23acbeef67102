/// The quotas of the settings: tokens a day in UTC, one for each dimension; nil is off.
package struct Quotas: Hashable, Sendable {
    /// The quota of one caller; it has no effect where callers do not have to say who they are.
    package var caller: Int?
    /// The quota of one session, for all callers.
    package var session: Int?
    /// The quota of all requests together.
    package var all: Int?

    /// All of them off, except those that are given.
    package init(caller: Int? = nil, session: Int? = nil, all: Int? = nil) {
        self.caller = caller
        self.session = session
        self.all = all
    }

    /// Whether there is nothing to count.
    package var areOff: Bool { self == Quotas() }

    /// The quotas that a token of this caller for this session is counted under.
    /// - Parameter caller: as the usage log names them; nil where callers do not have to say who they are.
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
    /// The caller, once they have proved who they are.
    case caller
    /// The requested session.
    case session
    /// All requests together.
    case all
    /// The money that a caller may spend.
    case spendCaller = "spend_caller"
    /// The money that all callers together may spend.
    case spendAll = "spend_all"

    /// Whether amounts are money, in millionths of the operator's currency, and not tokens.
    package var isMoney: Bool { self == .spendCaller || self == .spendAll }

    /// Whether there is one count, whatever the caller and the session.
    package var countsEverybody: Bool { self == .all || self == .spendAll }

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .caller: "This caller has used up the tokens and calls of today."
        case .session: "This session has used up the tokens and calls of today."
        case .all: "This service has used up the tokens and calls of today."
        case .spendCaller: "The request can cost more than this caller has left of the money of today."
        case .spendAll: "The request can cost more than is left of the money of today."
        }
    }
}

/// One quota that a request has to pass, whom it counts, and how much the request takes.
package struct QuotaCheck: Hashable, Sendable {
    /// The most that is counted, 2^53: up to there a double is exact, which is what Redis counts with. It is nine times
    /// `Money.largest`, which leaves room for calls that cost more than their worst case.
    package static let largestAmount = 1 << 53

    /// What it counts by.
    package let dimension: QuotaDimension
    /// Tokens or millionths of the currency a day.
    package let allowance: Int
    /// The caller's or the session's name; empty for all requests.
    package let identity: String
    /// What the request takes: one token, or millionths of the currency.
    package let amount: Int

    /// An allowance below the amount refuses everything.
    /// - Parameter amount: 0 to ``largestAmount``; others trap.
    package init(_ dimension: QuotaDimension, allowance: Int, identity: String, amount: Int = 1) {
        precondition((0...QuotaCheck.largestAmount).contains(amount), "an amount that can be counted exactly")
        self.dimension = dimension
        self.allowance = allowance
        self.identity = identity
        self.amount = amount
    }
}

import HTTP
package import Sessions

/// What limits and quotas say about one request: one answer, from the tables and from Redis to the response.
package enum LimitVerdict: Hashable, Sendable {
    /// All of them admit the request, and it is counted.
    /// - Parameters:
    ///   - closest: the state of the limit that admits the fewest further requests; nil when no limit is in force.
    ///   - taken: what to give back when no token is minted.
    case admitted(closest: LimitStanding?, taken: QuotaReceipt = .nothing)
    /// One of them refuses the request, and none has counted it. Of several limits it is the one with the longest wait,
    /// which is how long all of them take.
    case refused(LimitReached)
    /// Redis, which counts, is away, and nothing stands in for it.
    case unavailable
}

/// The state of a limit that admits a request.
package struct LimitStanding: Hashable, Sendable {
    /// The limit.
    package let rule: LimitRule
    /// Requests that would be admitted at once.
    package let remaining: Int
    /// The time until one request more than `remaining` would be admitted.
    package let wait: Duration

    /// Neither number is negative; this is not checked.
    package init(rule: LimitRule, remaining: Int, wait: Duration) {
        self.rule = rule
        self.remaining = remaining
        self.wait = wait
    }
}

/// A limit or quota that refuses a request.
package struct LimitReached: Hashable, Sendable {
    /// Which one it is, and whom it counts.
    package enum Limit: Hashable, Sendable {
        /// A limit on requests.
        case rate(LimitCheck)
        /// `LIMIT_REFUSALS`: a refused request has no usage line.
        case refusals(LimitCheck)
        /// A quota of the day.
        case quota(QuotaCheck)
        /// A maximum of open calls.
        case calls(CallsReached)
    }

    /// Which one it is.
    package let limit: Limit
    /// The time until a request is admitted again, if no other request takes the place.
    package let wait: Duration
    /// Whether nothing is reached, but the table is full, so that nobody who is not in it can be counted.
    package let isFull: Bool

    /// A limit that counts somebody, unless the table is full.
    package init(_ limit: Limit, wait: Duration, isFull: Bool = false) {
        self.limit = limit
        self.wait = wait
        self.isFull = isFull
    }

    /// A maximum of open calls. Nobody knows when one of them ends.
    package init(_ calls: CallsReached) {
        self.init(.calls(calls), wait: .seconds(10))
    }

    /// What it counts by: `client`, `session`.
    package var dimension: String {
        switch limit {
        case .rate(let check), .refusals(let check): check.rule.dimension.rawValue
        case .quota(let check): check.dimension.rawValue
        case .calls(let reached): reached.dimension.rawValue
        }
    }

    /// The refusal of the request.
    var refusal: Refusal {
        switch limit {
        case .rate: .rateLimited(self)
        case .refusals: .tooManyRefusals(retryAfter: wait)
        case .quota: .quotaExhausted(self)
        case .calls(let reached): .tooManyCalls(reached.dimension)
        }
    }

    /// A sentence for the client whose request is refused.
    var detail: String {
        if isFull { return "The service cannot count any more clients at the moment." }
        return switch limit {
        case .rate(let check), .refusals(let check): check.rule.dimension.detail
        case .quota(let check): check.dimension.detail
        case .calls(let reached): reached.dimension.detail
        }
    }
}

/// What was taken from the quotas for one request, and on which day.
package struct QuotaReceipt: Hashable, Sendable {
    /// The quotas that counted the request.
    package let checks: [QuotaCheck]
    /// The day in UTC.
    package let day: Day
    /// Whether it was taken from the counts in Redis.
    package let isInRedis: Bool
    /// Whether it was taken from the memory of this process; both may be true.
    package let isInMemory: Bool

    /// No quota is in force.
    package static let nothing = QuotaReceipt(checks: [], day: Day(unixSeconds: 0))

    /// By default taken from the memory of this process only.
    package init(checks: [QuotaCheck], day: Day, isInRedis: Bool = false, isInMemory: Bool = true) {
        self.checks = checks
        self.day = day
        self.isInRedis = isInRedis
        self.isInMemory = isInMemory
    }
}

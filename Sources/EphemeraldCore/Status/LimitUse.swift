import JSON
package import Locking
package import Sessions

/// The limits, quotas and maxima in force, for a report of how near they are.
package struct LimitsInForce: Sendable {
    /// The limits on requests.
    package let rates: RateLimits
    /// `LIMIT_REFUSALS`; nil is off.
    package let refusals: RateLimit?
    /// The tokens of a day.
    package let quotas: Quotas
    /// The money of a day.
    package let spending: SpendingLimits
    /// How many calls may be open at once.
    package let calls: CallMaxima
    /// `MAX_IN_FLIGHT`.
    package let mints: Int

    /// What the settings say.
    package init(
        rates: RateLimits, refusals: RateLimit?, quotas: Quotas, spending: SpendingLimits, calls: CallMaxima, mints: Int
    ) {
        self.rates = rates
        self.refusals = refusals
        self.quotas = quotas
        self.spending = spending
        self.calls = calls
        self.mints = mints
    }
}

/// What is in use of the limits at one moment.
package struct LimitUse: Sendable {
    private let counts: Locked<AdmissionCounts>?
    private let calls: [CallListing]?
    private let mintsInProgress: Int
    private let now: UInt64
    private let today: Day

    /// - Parameters:
    ///   - counts: what limits and quotas have counted; nil where Redis counts, which is not asked.
    ///   - calls: the calls that have a place; nil where Redis counts them.
    ///   - now: nanoseconds on the monotonic clock.
    package init(
        counts: Locked<AdmissionCounts>?, calls: [CallListing]?, mintsInProgress: Int, now: UInt64, today: Day
    ) {
        self.counts = counts
        self.calls = calls
        self.mintsInProgress = mintsInProgress
        self.now = now
        self.today = today
    }

    /// A row for each limit that is not off; those of one session follow those of the settings.
    func rows(_ limits: LimitsInForce, sessions: some Sequence<Session>) -> JSON {
        var rows = rates(limits) + quotas(limits)
        for session in sessions { rows += self.rows(of: session, limits) }
        let open = calls?.count
        rows += [
            row("MAX_CALLS", limits.calls.all, "calls", used: open, code: "too_many_calls", "all"),
            row("MAX_CALLS_CALLER", limits.calls.caller, "calls", code: "too_many_calls", "caller"),
            row("MAX_CALLS_CLIENT", limits.calls.client, "calls", code: "too_many_calls", "client"),
            row("MAX_IN_FLIGHT", limits.mints, "mints", used: mintsInProgress, code: "overloaded"),
        ]
        return .array(rows.compactMap { $0 })
    }

    private func rates(_ limits: LimitsInForce) -> [JSON?] {
        let rates = limits.rates
        let all = rates.all.map { LimitCheck(LimitRule(.all, $0), LimitIdentity(.everybody)) }
        let dimensions: [(String, RateLimit?, LimitDimension)] = [
            ("LIMIT_CLIENT", rates.client, .client), ("LIMIT_CALLER", rates.caller, .caller),
            ("LIMIT_ORIGIN", rates.origin, .origin), ("LIMIT_SESSION", rates.session, .session),
        ]
        return dimensions.map { setting, limit, dimension in
            row(setting, limit, code: "rate_limited", dimension.rawValue)
        } + [
            row("LIMIT_ALL", rates.all, used: all, code: "rate_limited", "all"),
            row("LIMIT_REFUSALS", limits.refusals, code: "too_many_refusals"),
        ]
    }

    private func quotas(_ limits: LimitsInForce) -> [JSON?] {
        let (quotas, code) = (limits.quotas, "quota_exhausted")
        var rows = [
            row("QUOTA_CALLER", quotas.caller, "tokens", code: code, "caller"),
            row("QUOTA_SESSION", quotas.session, "tokens", code: code, "session"),
            row("QUOTA_ALL", quotas.all, "tokens", used: quotas.all.flatMap { used(.all, $0) }, code: code, "all"),
        ]
        for (setting, money, dimension) in [
            ("SPEND_CALLER", limits.spending.caller, QuotaDimension.spendCaller),
            ("SPEND_ALL", limits.spending.all, .spendAll),
        ] {
            guard let money else { continue }
            let units = Double(money.micros) / 1e6
            var row = base(setting, "\(money)", "money")
            if dimension == .spendAll, let micros = used(dimension, Int(money.micros)) {
                row["used"] = .number(JSONNumber(Double(micros) / 1e6))
                row["max"] = .number(JSONNumber(units))
            }
            rows.append(refused(row, code, dimension.rawValue))
        }
        return rows
    }

    /// Of one session: what its requests have used of the limits and the quota that count it.
    private func rows(of session: Session, _ limits: LimitsInForce) -> [JSON?] {
        var rows: [JSON?] = SessionLimits(session, settings: limits.rates).withoutRequest.map { dimension, check in
            let own = dimension == .all ? session.access.limits.all : session.access.limits.session
            let setting = own == nil ? "LIMIT_SESSION" : "access.limits.\(dimension.rawValue)"
            return row(setting, check.rule.limit, used: check, code: "rate_limited", "session", of: session.name)
        }
        if let quota = limits.quotas.session {
            let used = used(.session, quota, session.name)
            rows.append(
                row("QUOTA_SESSION", quota, "tokens", used: used, code: "quota_exhausted", "session", of: session.name))
        }
        if let most = session.access.call?.maximumOpen {
            let (open, code) = (calls?.count { $0.record.plan.session == session.name }, "too_many_calls")
            rows.append(
                row("access.call.max_open", most, "calls", used: open, code: code, "session", of: session.name))
        }
        return rows
    }

    private func used(_ dimension: QuotaDimension, _ allowance: Int, _ identity: String = "") -> Int? {
        counts?.withLock { $0.ledger.used(QuotaCheck(dimension, allowance: allowance, identity: identity), on: today) }
    }

    private func row(
        _ setting: String, _ limit: RateLimit?, used check: LimitCheck? = nil, code: String, _ dimension: String? = nil,
        of session: String? = nil
    ) -> JSON? {
        guard let limit else { return nil }
        var row = base(setting, "\(limit)", "requests", of: session)
        if let check, let counts {
            row["used"] = .number(JSONNumber(counts.withLock { $0.requestsTaken(by: check, now: now) }))
            row["max"] = .number(JSONNumber(limit.burst))
        }
        return refused(row, code, dimension)
    }

    private func row(
        _ setting: String, _ limit: Int?, _ unit: String, used: Int? = nil, code: String, _ dimension: String? = nil,
        of session: String? = nil
    ) -> JSON? {
        guard let limit else { return nil }
        var row = base(setting, "\(limit)", unit, of: session)
        if let used {
            row["used"] = .number(JSONNumber(used))
            row["max"] = .number(JSONNumber(limit))
        }
        return refused(row, code, dimension)
    }

    private func base(_ setting: String, _ limit: String, _ unit: String, of session: String? = nil) -> JSONObject {
        var row: JSONObject = ["setting": .string(setting)]
        if let session { row["session"] = .string(session) }
        row["limit"] = .string(limit)
        row["unit"] = .string(unit)
        return row
    }

    /// Adds how the refusals of this limit are counted.
    private func refused(_ row: JSONObject, _ code: String, _ dimension: String?) -> JSON {
        var row = row
        row["code"] = .string(code)
        if let dimension { row["dimension"] = .string(dimension) }
        return .object(row)
    }
}

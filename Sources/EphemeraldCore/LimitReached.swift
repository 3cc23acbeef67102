import Sessions

/// A limit or quota that begins to refuse somebody, in words for the operator.
package struct LimitReached: Hashable, Sendable {
    /// `limit` or `quota`, and the dimension: `limit client`.
    package let kind: String
    /// What is written in the setting, or in the session file: `10/min burst 5`, `500 a day`.
    package let policy: String
    /// Whom it counts: an address, a name, an origin; `everybody`.
    package let who: String
    /// What tells those whom it counts apart: all addresses of one /64 are one client.
    let key: UInt64
    /// How long it is not told of again.
    package let window: Duration
    /// How long until the limit, or quota, admits somebody again.
    let wait: Duration
    /// Whether each refusal has a usage line.
    package let isLogged: Bool
    /// Whether there is only no place left to count somebody in.
    package let isFull: Bool

    init(_ standing: LimitStanding, who: String, key: UInt64) {
        let limit = standing.policy.limit
        self.key = key
        kind = "limit \(standing.policy.dimension.rawValue)"
        policy = "\(limit)"
        self.who = who
        window = limit.window
        wait = standing.wait
        isLogged = true
        isFull = false
    }

    /// The limit on refusals, beyond which there are no usage lines.
    init(refusalsOf client: ClientAddress, _ standing: LimitStanding, key: UInt64) {
        let limit = standing.policy.limit
        self.key = key
        kind = "limit refusals"
        policy = "\(limit)"
        who = client.description
        window = limit.window
        wait = standing.wait
        isLogged = false
        isFull = false
    }

    init(_ exhaustion: QuotaExhaustion, who: String) {
        kind = "quota \(exhaustion.check.dimension.rawValue)"
        policy = "\(exhaustion.check.allowance) a day"
        self.who = exhaustion.isFull ? "newcomers" : who
        var hasher = Hasher()
        hasher.combine(self.who)
        key = UInt64(bitPattern: Int64(hasher.finalize()))
        window = exhaustion.wait
        wait = exhaustion.wait
        isLogged = true
        isFull = exhaustion.isFull
    }
}

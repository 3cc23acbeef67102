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
    fileprivate let key: UInt64
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

/// Decides which refusals by a limit or quota an operator hears of: the first of each window, and of many at once a few.
///
/// It has neither clock nor lock. Nothing asks it but a refusal. Whoever comes from a million addresses fills the places
/// of his dimension and no more; how many refusals went untold stands with the next that is told.
package struct LimitNotices: Sendable {
    /// What to tell.
    package struct Telling: Hashable, Sendable {
        /// Refusals in this dimension, of others than those told of, since the last telling.
        package let untold: Int

        /// - Parameter untold: 0 or more.
        package init(untold: Int) {
            self.untold = untold
        }
    }

    private struct Place {
        let key: UInt64
        let until: UInt64
    }

    private struct Dimension {
        var places: [Place] = []
        var untold = 0
    }

    /// How many are told of in one dimension within a window.
    package static let places = 16
    /// Limits by the second would tell each second.
    private static let shortestWindow = Duration.seconds(60)

    private var dimensions: [String: Dimension] = [:]

    /// Nothing has been told of.
    package init() {}

    /// - Parameter now: nanoseconds on a monotonic clock.
    /// - Returns: nil when this refusal is not told of.
    package mutating func notice(_ reached: LimitReached, now: UInt64) -> Telling? {
        var dimension = dimensions[reached.kind] ?? Dimension()
        defer { dimensions[reached.kind] = dimension }
        dimension.places.removeAll { $0.until <= now }
        if dimension.places.contains(where: { $0.key == reached.key }) { return nil }
        guard dimension.places.count < LimitNotices.places else {
            dimension.untold += 1
            return nil
        }
        let window = max(reached.window, LimitNotices.shortestWindow)
        dimension.places.append(Place(key: reached.key, until: now + window.nanoseconds))
        defer { dimension.untold = 0 }
        return Telling(untold: dimension.untold)
    }
}

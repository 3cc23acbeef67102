/// What has been counted since the start: by one loop, or by several added up.
///
/// Every label has few values: routes, statuses, codes and dimensions are ours, session names are the operator's.
package struct MetricCounts: Sendable {
    /// Requests answered, by route and status.
    private struct Answered: Hashable, Sendable {
        let route: String
        let status: Int
    }

    /// Requests refused, by code, and by dimension where a limit refused.
    private struct Refused: Hashable, Sendable {
        let code: String
        let dimension: String
    }

    /// Mints that were tried, by session and by what became of them: `minted`, or the code of the refusal.
    private struct Minted: Hashable, Sendable {
        let session: String
        let outcome: String
    }

    private var answered: [Answered: UInt64] = [:]
    private var refused: [Refused: UInt64] = [:]
    private var minted: [Minted: UInt64] = [:]
    /// Exchanges with the upstream, by the status of the answer or the kind of failure.
    private var exchanges: [String: UInt64] = [:]
    private var exchangeTimes = Histogram()

    /// All counts are 0.
    package init() {}

    /// - Parameters:
    ///   - route: a path that is documented; nil for any other.
    ///   - session: of the mint that was tried; nil when none was.
    mutating func record(route: String?, status: Int, refusal: Refusal?, session: String?) {
        answered[Answered(route: route ?? "other", status: status), default: 0] += 1
        if let refusal {
            refused[Refused(code: refusal.code, dimension: refusal.dimension ?? ""), default: 0] += 1
        }
        if let session { minted[Minted(session: session, outcome: refusal?.code ?? "minted"), default: 0] += 1 }
    }

    /// Makes a series of what has not happened yet: an alert sees a first time only where a 0 stood before.
    /// - Parameter sessions: the names of all of them.
    package mutating func addZeros(sessions: [String]) {
        for session in sessions {
            for outcome in ["minted"] + Refusal.codesOfMints {
                minted[Minted(session: session, outcome: outcome), default: 0] += 0
            }
        }
        for dimension in LimitDimension.allCases {
            refused[Refused(code: "rate_limited", dimension: dimension.rawValue), default: 0] += 0
        }
        for dimension in QuotaDimension.allCases {
            refused[Refused(code: "quota_exhausted", dimension: dimension.rawValue), default: 0] += 0
        }
        for code in Refusal.watchedCodes { refused[Refused(code: code, dimension: ""), default: 0] += 0 }
    }

    mutating func recordExchange(outcome: String, nanoseconds: UInt64) {
        exchanges[outcome, default: 0] += 1
        exchangeTimes.record(nanoseconds)
    }

    /// Adds what another loop has counted.
    package mutating func add(_ other: MetricCounts) {
        answered.merge(other.answered, uniquingKeysWith: +)
        refused.merge(other.refused, uniquingKeysWith: +)
        minted.merge(other.minted, uniquingKeysWith: +)
        exchanges.merge(other.exchanges, uniquingKeysWith: +)
        exchangeTimes.add(other.exchangeTimes)
    }
}

extension Refusal {
    /// What can become of a mint that was tried.
    fileprivate static let codesOfMints = [
        Refusal.overloaded, .shuttingDown, .upstreamUnavailable(retryAfter: .zero),
        .upstreamRateLimited(retryAfter: .zero), .upstreamAuth, .upstreamQuota, .upstreamRejected, .upstreamNotFound,
        .upstreamError, .upstreamTimeout,
    ].map(\.code)

    /// What alerts ask for, besides limits and quotas.
    fileprivate static let watchedCodes = [
        Refusal.originNotAllowed, .authenticationRequired, .authenticationFailed(nil), .overloaded, .limitsUnavailable,
        .keysUnavailable(retryAfter: .zero), .mintingPaused, .tooManyRefusals(retryAfter: .zero),
    ].map(\.code)
}

extension MetricCounts {
    /// The counts as metrics; series in the order of their labels, so that two scrapes can be compared by eye.
    package var families: [MetricFamily] {
        [
            MetricFamily(
                "ephemerald_requests", .counter, "Requests answered.",
                samples(answered) { [("route", $0.route), ("status", "\($0.status)")] }),
            MetricFamily(
                "ephemerald_mints", .counter, "Mints tried, by what became of them.",
                samples(minted) { [("session", $0.session), ("outcome", $0.outcome)] }),
            MetricFamily(
                "ephemerald_refusals", .counter, "Requests refused, by code, and by dimension where a limit refused.",
                samples(refused) { [("code", $0.code), ("dimension", $0.dimension)] }),
            MetricFamily(
                "ephemerald_upstream_exchanges", .counter,
                "Requests to the upstream, retries included, by status or kind of failure.",
                samples(exchanges) { [("outcome", $0)] }),
            MetricFamily(
                "ephemerald_upstream_duration_seconds", .histogram, "How long requests to the upstream took.",
                exchangeTimes.samples),
        ]
    }

    private func samples<Key: Hashable>(
        _ counts: [Key: UInt64], _ labels: (Key) -> [(name: String, value: String)]
    ) -> [MetricFamily.Sample] {
        let rows = counts.map { (labels: labels($0.key), count: $0.value) }
        let sorted = rows.sorted { $0.labels.map(\.value).lexicographicallyPrecedes($1.labels.map(\.value)) }
        return sorted.map { MetricFamily.Sample(Double($0.count), $0.labels) }
    }
}

/// How long something took, counted by buckets (Prometheus histogram).
private struct Histogram: Sendable {
    /// The upper bounds of the buckets in seconds; the last bucket has none. A mint takes 0.2 to 1 s, and 10 s is the
    /// deadline unless a setting says otherwise.
    static let bounds: [Double] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10]
    private static let nanosecondBounds = bounds.map { UInt64($0 * 1e9) }

    /// How many values lie in each bucket and in none before; one more than there are bounds.
    private(set) var counts = Array(repeating: UInt64(0), count: bounds.count + 1)
    /// Of all values, in nanoseconds.
    private(set) var sum: UInt64 = 0

    /// Nothing is counted.
    init() {}

    /// - Parameter nanoseconds: how long it took. A value on a bound belongs to the bucket below it.
    mutating func record(_ nanoseconds: UInt64) {
        let index = Histogram.nanosecondBounds.firstIndex { nanoseconds <= $0 } ?? Histogram.bounds.count
        counts[index] += 1
        sum += nanoseconds
    }

    /// Adds what another has counted.
    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sum += other.sum
    }

    /// Buckets that count all below their bound, then count and sum.
    var samples: [MetricFamily.Sample] {
        var total: UInt64 = 0
        var samples: [MetricFamily.Sample] = []
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < Histogram.bounds.count ? "\(Histogram.bounds[index])" : "+Inf"
            samples.append(MetricFamily.Sample(Double(total), [("le", bound)], suffix: "_bucket"))
        }
        samples.append(MetricFamily.Sample(Double(total), suffix: "_count"))
        samples.append(MetricFamily.Sample(Double(sum) / 1e9, suffix: "_sum"))
        return samples
    }
}

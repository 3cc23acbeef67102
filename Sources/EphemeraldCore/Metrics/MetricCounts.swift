import HTTP

/// The counts since the start of the process: of one loop, or of several added up.
///
/// Every label has few values: the program defines routes, statuses, codes and dimensions, the operator the names of
/// sessions.
package struct MetricCounts: Sendable {
    /// Requests refused, by code, and by dimension where a limit refused.
    private struct Refused: Equatable, Sendable {
        let code: String
        let dimension: String
    }

    /// Mints that were attempted, by session and result: `minted`, or the code of the refusal.
    private struct Minted: Hashable, Sendable {
        let session: String
        let outcome: String
    }

    /// How long the answers took, by what tells requests apart. There are few rows, which are found faster by comparison
    /// than by a hash.
    private var answered: [(request: AnsweredRequest, times: Histogram)] = []
    /// The numbers of those requests, apart: comparing them touches nothing else.
    private var numbers: [Int] = []
    private var refused = Tally<Refused>()
    /// There may be a thousand sessions.
    private var minted: [Minted: UInt64] = [:]
    /// Calls created, by session.
    private var calls: [String: UInt64] = [:]
    /// Exchanges with the upstream, by the status of the answer or the kind of failure.
    private var exchanges = Tally<String>()
    private var exchangeTimes = Histogram(.exchange)
    /// Tokens and calls, by the key that served them.
    private var served = Tally<KeyPrint>()

    /// All counts are 0.
    package init() {}

    /// - Parameters:
    ///   - nanoseconds: how long the answer took.
    ///   - session: the name of the session whose mint was attempted; nil when none was.
    ///   - isCall: whether a call was created for the client.
    mutating func record(
        _ request: AnsweredRequest, nanoseconds: UInt64, refusal: Refusal?, session: String?, isCall: Bool
    ) {
        answered[row(of: request)].times.record(nanoseconds)
        if let refusal {
            refused.add(Refused(code: refusal.code, dimension: refusal.dimension ?? ""))
        }
        guard let session else { return }
        minted[Minted(session: session, outcome: refusal?.code ?? "minted"), default: 0] += 1
        if isCall { calls[session, default: 0] += 1 }
    }

    private mutating func row(of request: AnsweredRequest) -> Int {
        let number = request.number
        for index in numbers.indices where numbers[index] == number {
            if request.error == nil || answered[index].request.error === request.error { return index }
        }
        numbers.append(number)
        answered.append((request, Histogram(.request)))
        return answered.count - 1
    }

    /// Makes series with 0 for what has not happened yet: an alert sees the first time only where a 0 was before.
    /// - Parameter sessions: the names of all sessions.
    package mutating func addZeros(sessions: [String]) {
        for session in sessions {
            calls[session, default: 0] += 0
            for outcome in ["minted"] + Refusal.codesOfMints {
                minted[Minted(session: session, outcome: outcome), default: 0] += 0
            }
        }
        for dimension in LimitDimension.allCases {
            refused.add(Refused(code: "rate_limited", dimension: dimension.rawValue), 0)
        }
        for dimension in QuotaDimension.allCases where !dimension.isMoney {
            refused.add(Refused(code: "quota_exhausted", dimension: dimension.rawValue), 0)
        }
        for dimension in CallDimension.allCases {
            refused.add(Refused(code: "too_many_calls", dimension: dimension.rawValue), 0)
        }
        for code in Refusal.watchedCodes { refused.add(Refused(code: code, dimension: ""), 0) }
    }

    mutating func recordExchange(outcome: String, nanoseconds: UInt64) {
        exchanges.add(outcome)
        exchangeTimes.record(nanoseconds)
    }

    mutating func record(servedBy key: KeyPrint) {
        served.add(key)
    }

    /// How many tokens and calls a key has served.
    package func served(by key: KeyPrint) -> UInt64 {
        served.rows.first { $0.key == key }?.count ?? 0
    }

    /// Adds what another loop has counted.
    package mutating func add(_ other: MetricCounts) {
        for (request, times) in other.answered { answered[row(of: request)].times.add(times) }
        refused.add(other.refused)
        minted.merge(other.minted, uniquingKeysWith: +)
        calls.merge(other.calls, uniquingKeysWith: +)
        exchanges.add(other.exchanges)
        exchangeTimes.add(other.exchangeTimes)
        served.add(other.served)
    }
}

extension Refusal {
    /// The codes of refusals that a mint may end with.
    fileprivate static let codesOfMints = [
        Refusal.overloaded, .shuttingDown, .upstreamUnavailable(retryAfter: .zero),
        .upstreamRateLimited(retryAfter: .zero), .upstreamAuth, .upstreamQuota, .upstreamRejected, .upstreamNotFound,
        .upstreamError, .upstreamTimeout,
    ].map(\.code)

    /// The codes that alerts watch, besides those of limits and quotas.
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
                "ephemerald_requests", .counter, "Requests answered, by route, method and status.",
                samples(requests) {
                    [("route", $0.route.text), ("method", $0.method.text), ("status", "\($0.status.rawValue)")]
                }),
            MetricFamily(
                "http_server_request_duration_seconds", .histogram,
                "Duration of requests for tokens and about calls, from their arrival to the answer.",
                answered.filter(\.request.route.isForPages)
                    .map { (labels: $0.request.labels, times: $0.times) }
                    .sorted { $0.labels.map(\.value).lexicographicallyPrecedes($1.labels.map(\.value)) }
                    .flatMap { $0.times.samples($0.labels) }),
            MetricFamily(
                "ephemerald_mints", .counter, "Mints attempted, by session and result.",
                samples(minted.map { (key: $0.key, count: $0.value) }) {
                    [("session", $0.session), ("outcome", $0.outcome)]
                }),
            MetricFamily(
                "ephemerald_calls_created", .counter, "Calls created, by session.",
                samples(calls.map { (key: $0.key, count: $0.value) }) { [("session", $0)] }),
            MetricFamily(
                "ephemerald_refusals", .counter, "Requests refused, by code, and by dimension for limits and quotas.",
                samples(refused.rows) { [("code", $0.code), ("dimension", $0.dimension)] }),
            MetricFamily(
                "ephemerald_upstream_exchanges", .counter,
                "Requests to the upstream, including retries, by status or kind of failure.",
                samples(exchanges.rows) { [("outcome", $0)] }),
            MetricFamily(
                "ephemerald_upstream_duration_seconds", .histogram, "Duration of requests to the upstream.",
                exchangeTimes.samples()),
        ]
    }

    /// The answers by route, method and status: those with different errors together.
    private var requests: [(key: AnsweredRequest, count: UInt64)] {
        var rows: [Int: (key: AnsweredRequest, count: UInt64)] = [:]
        for (request, times) in answered {
            rows[request.number, default: (request, 0)].count += times.total
        }
        return Array(rows.values)
    }

    private func samples<Key>(
        _ counts: [(key: Key, count: UInt64)], _ labels: (Key) -> [(name: String, value: String)]
    ) -> [MetricFamily.Sample] {
        let rows = counts.map { (labels: labels($0.key), count: $0.count) }
        let sorted = rows.sorted { $0.labels.map(\.value).lexicographicallyPrecedes($1.labels.map(\.value)) }
        return sorted.map { MetricFamily.Sample(Double($0.count), $0.labels) }
    }
}

/// Counts of few series, which are found faster by comparison than by a hash.
private struct Tally<Key: Equatable & Sendable>: Sendable {
    /// In the order in which they were first counted.
    private(set) var rows: [(key: Key, count: UInt64)] = []

    /// Adds to a series; 0 makes one that is not there yet.
    mutating func add(_ key: Key, _ count: UInt64 = 1) {
        for index in rows.indices where rows[index].key == key {
            rows[index].count += count
            return
        }
        rows.append((key, count))
    }

    /// Adds what another has counted.
    mutating func add(_ other: Tally) {
        for row in other.rows { add(row.key, row.count) }
    }
}

/// What has been counted since the start: by one loop, or by several added up.
///
/// Every label has few values: routes, statuses, codes and dimensions are ours, session names are the operator's.
package struct MetricCounts: Sendable {
    /// Requests answered, by route and status.
    package struct Answered: Hashable, Sendable {
        let route: String
        let status: Int
    }

    /// Requests refused, by code, and by dimension where a limit refused.
    package struct Refused: Hashable, Sendable {
        let code: String
        let dimension: String
    }

    /// Mints that were tried, by session and by what became of them: `minted`, or the code of the refusal.
    package struct Minted: Hashable, Sendable {
        let session: String
        let outcome: String
    }

    private(set) var answered: [Answered: UInt64] = [:]
    private(set) var refused: [Refused: UInt64] = [:]
    private(set) var minted: [Minted: UInt64] = [:]
    /// Exchanges with the upstream, by the status of the answer or the kind of failure.
    private(set) var exchanges: [String: UInt64] = [:]
    private(set) var exchangeTimes = Histogram()

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

import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

@Suite struct `The last hour` {
    private static let minute: Int64 = 60_000

    /// What a loop would have counted.
    private static func families(
        minted: Int = 0, calls: Int = 0, refused: [(String, String, Int)] = [], durations: [(String, Int)] = []
    ) -> [MetricFamily] {
        [
            MetricFamily(
                "ephemerald_mints", .counter, "",
                [
                    .init(Double(minted), [("session", "a"), ("outcome", "minted")]),
                    .init(7, [("session", "a"), ("outcome", "overloaded")]),
                ]),
            MetricFamily("ephemerald_calls_created", .counter, "", [.init(Double(calls), [("session", "a")])]),
            MetricFamily(
                "ephemerald_refusals", .counter, "",
                refused.map { .init(Double($0.2), [("code", $0.0), ("dimension", $0.1)]) }),
            MetricFamily(
                "ephemerald_upstream_duration_seconds", .histogram, "",
                durations.map { .init(Double($0.1), [("le", $0.0)], suffix: "_bucket") }),
        ]
    }

    private static func report(_ families: [MetricFamily], _ hour: RecentHour, at time: Int64) throws -> JSON {
        let limits = LimitsInForce(
            rates: RateLimits(), refusals: nil, quotas: Quotas(), spending: SpendingLimits(), calls: CallMaxima(),
            mints: 1)
        let use = LimitUse(counts: nil, calls: nil, mintsInProgress: 0, now: 0, today: Day(unixSeconds: 0))
        let report = StatusReport(
            version: "1", startTime: 0, isSandbox: false, readiness: Response(.ok), families: families, hour: hour,
            sessions: SessionCatalog(), findings: [], use: use, limits: limits, reloads: [], lastReload: nil)
        return try JSON(parsing: report.text(unixMilliseconds: time))
    }

    @Test func `has a row for each minute, and never more than sixty`() throws {
        var hour = RecentHour(with: Self.families(), unixMilliseconds: 0)
        for minute in 1...200 {
            hour.mark(Self.families(minted: 3 * minute, calls: minute), unixMilliseconds: Int64(minute) * Self.minute)
        }
        let report = try Self.report(
            Self.families(minted: 605, calls: 201), hour, at: 200 * Self.minute + 20_000)
        let rows = try #require(report["minutes"]?.arrayValue)
        #expect(rows.count == RecentHour.minutes)
        #expect(rows[0]["start"] == .string(Timestamp.rfc3339(141 * Self.minute)))
        for row in rows.dropLast() {
            #expect(row["seconds"] == 60 && row["tokens"] == 2 && row["calls"] == 1, "\(row)")
        }
        let last = try #require(rows.last)
        #expect(last["seconds"] == 20 && last["tokens"] == 4 && last["calls"] == 1)
        #expect(report["totals"]?["tokens"] == 404 && report["totals"]?["calls"] == 201)
    }

    @Test func `has what was refused in each minute only`() throws {
        let before = Self.families(refused: [("rate_limited", "client", 2), ("overloaded", "", 5)])
        let now = Self.families(
            refused: [("rate_limited", "client", 3), ("overloaded", "", 5), ("origin_not_allowed", "", 4)])
        let report = try Self.report(now, RecentHour(with: before, unixMilliseconds: 0), at: Self.minute)
        #expect(
            report["minutes"]?.arrayValue?.first?["refusals"]
                == [
                    ["code": "origin_not_allowed", "count": 4],
                    ["code": "rate_limited", "dimension": "client", "count": 1],
                ])
        #expect(report["totals"]?["refusals"] == 12)
    }

    @Test(arguments: [
        ([("0.1", 0), ("0.2", 10), ("+Inf", 10)], JSON(floatLiteral: 0.15), JSON(floatLiteral: 0.195)),
        ([("0.1", 2), ("0.2", 4), ("+Inf", 4)], 0.1, 0.19), ([("0.1", 0), ("0.2", 0), ("+Inf", 3)], 0.2, 0.2),
    ])
    func `has the quantiles that Prometheus would have`(durations: [(String, Int)], half: JSON, most: JSON) throws {
        // What was counted before is not in them.
        let before = [("0.1", 50), ("0.2", 50), ("+Inf", 60)]
        let now = zip(before, durations).map { ($0.0, $0.1 + $1.1) }
        let hour = RecentHour(with: Self.families(durations: before), unixMilliseconds: 0)
        let report = try Self.report(Self.families(durations: now), hour, at: 1_000)
        let upstream = try #require(report["minutes"]?.arrayValue?.first?["upstream"])
        #expect(upstream["p50_seconds"] == half && upstream["p95_seconds"] == most, "\(upstream)")
    }

    @Test func `has no latency for a minute without a request`() throws {
        let families = Self.families(durations: [("0.1", 5), ("+Inf", 5)])
        let report = try Self.report(families, RecentHour(with: families, unixMilliseconds: 0), at: 1_000)
        #expect(report["minutes"]?.arrayValue?.first?["upstream"] == ["requests": 0])
    }
}

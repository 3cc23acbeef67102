import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

@Suite struct `The report of the state` {
    /// The limits of a service that counts all that can be counted, and requests for two tokens of `default`.
    private struct Shop {
        static let rates = RateLimits(
            client: try? RateLimit.parseSetting("60/min burst 9"),
            session: try? RateLimit.parseSetting("5/min burst 5"),
            all: try? RateLimit.parseSetting("60/min burst 9"))
        static let quotas = Quotas(caller: 20, session: 30, all: 40)
        static let spending = SpendingLimits(caller: Money("1.5"), all: Money("2"))

        let test: TestService

        init() async throws {
            test = try TestService(quotas: Shop.quotas) { setup in
                setup.rules.limits = Shop.rates
            }
            for _ in 0..<2 { #expect(await test.respond(to: .token()).status == .ok) }
        }

        /// The report a second after the requests.
        func report(
            isCountedHere: Bool = true, findings: [StatusReport.Finding] = [], lastReload: StatusReport.Reload? = nil
        ) throws -> JSON {
            let surroundings = test.upstream.clock.surroundings
            let now = surroundings.unixMilliseconds()
            let use = LimitUse(
                counts: isCountedHere ? test.counts : nil, calls: isCountedHere ? [] : nil, mintsInProgress: 3,
                now: surroundings.monotonicNanoseconds(), today: Day(unixMilliseconds: now))
            let report = StatusReport(
                version: "1", startTime: 0, isSandbox: true, readiness: test.service.detailedReadiness(), families: [],
                hour: RecentHour(with: [], unixMilliseconds: now), sessions: TestSessions.all, findings: findings,
                use: use,
                limits: LimitsInForce(
                    rates: Shop.rates, refusals: nil, quotas: Shop.quotas, spending: Shop.spending,
                    calls: CallMaxima(all: 7, caller: 2), mints: 11),
                reloads: [("done", 4), ("refused", 1)], lastReload: lastReload)
            return try JSON(parsing: report.text(unixMilliseconds: now + 1_000))
        }
    }

    /// The rows of the limits as `used of max`, by setting and session; those without figures have none.
    private static func figures(_ report: JSON) throws -> [String: String] {
        let rows = try #require(report["limits"]?.arrayValue).map { row in
            let setting = row["setting"]?.stringValue ?? ""
            let name = row["session"]?.stringValue.map { "\(setting) \($0)" } ?? setting
            return (name, row["used"].map { "\($0) of \(row["max"] ?? .null)" } ?? "")
        }
        return Dictionary(rows) { first, _ in first }
    }

    @Test func `has what is used of each limit that is not off`() async throws {
        let figures = try Self.figures(try await Shop().report())
        #expect(figures["LIMIT_ALL"] == "2 of 9")
        #expect(figures["LIMIT_SESSION default"] == "2 of 5")
        #expect(figures["LIMIT_SESSION full"] == "0 of 5")
        #expect(figures["QUOTA_ALL"] == "2 of 40")
        #expect(figures["QUOTA_SESSION default"] == "2 of 30")
        #expect(figures["MAX_CALLS"] == "0 of 7")
        #expect(figures["MAX_IN_FLIGHT"] == "3 of 11")
        #expect(figures["SPEND_ALL"] == "0.0 of 2.0")
        for name in ["LIMIT_ORIGIN", "LIMIT_CALLER", "LIMIT_REFUSALS", "MAX_CALLS_CLIENT"] {
            #expect(figures[name] == nil, "\(name) is off")
        }
        for name in ["LIMIT_CLIENT", "QUOTA_CALLER", "SPEND_CALLER", "MAX_CALLS_CALLER"] {
            #expect(figures[name] == "", "\(name) is counted for each by themselves")
        }
    }

    @Test func `has the limits without figures where Redis counts`() async throws {
        let figures = try Self.figures(try await Shop().report(isCountedHere: false))
        for name in ["LIMIT_ALL", "LIMIT_SESSION default", "QUOTA_ALL", "SPEND_ALL", "MAX_CALLS"] {
            #expect(figures[name] == "", "\(name)")
        }
        #expect(figures["MAX_IN_FLIGHT"] == "3 of 11", "mints are always counted by the process")
    }

    @Test func `has each finding once, with the session that it is about`() async throws {
        let report = try await Shop().report(findings: [
            .init(.warning, "the setting", session: nil), .init(.error, "the session", session: "default"),
            .init(.warning, "of a session that is not loaded", session: "broken"),
        ])
        let others = report["findings"]?.arrayValue?.map { $0["message"] }
        #expect(others == ["the setting", "of a session that is not loaded"])
        let row = report["sessions"]?.arrayValue?.first { $0["name"] == "default" }
        #expect(row?["findings"] == [["severity": "error", "message": "the session"]])
        #expect(row?["model"] == "gpt-realtime-2.1")
    }

    @Test(arguments: [(true, "done"), (false, "refused")])
    func `has the reloads, and how long ago the last one was`(isDone: Bool, outcome: String) async throws {
        let shop = try await Shop()
        let time = shop.test.upstream.clock.surroundings.unixMilliseconds() - 59_000
        let reload = StatusReport.Reload(isDone: isDone, unixMilliseconds: time, summary: "sessions +shop")
        let found = try shop.report(lastReload: reload)["reload"]
        #expect(found?["done"] == 4)
        #expect(found?["refused"] == 1)
        #expect(found?["last"]?["outcome"]?.stringValue == outcome)
        #expect(found?["last"]?["age_seconds"] == 60)
        #expect(found?["last"]?["summary"] == "sessions +shop")
        #expect(try shop.report()["reload"]?["last"] == .null)
    }
}

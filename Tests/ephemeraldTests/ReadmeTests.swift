import EphemeraldCore
import HTTP
import Sessions
import Testing
import ephemerald

@Suite struct `The README` {
    @Test func `lists every setting with its default, and no other`() throws {
        let rows = try ReadmeTable(under: "## Settings").rows
        #expect(rows.map { $0[0] } == Setting.allCases.map(\.name))
        for row in rows {
            let setting = try #require(Setting(rawValue: row[0]))
            #expect(row[1] == setting.row.defaultInWords, "\(setting)")
        }
    }

    @Test func `lists every refusal with its status, and no other`() throws {
        let rows = try ReadmeTable(under: "## Refusals").rows
        let listed = rows.map { "\($0[0]) \($0[1]) Retry-After: \($0[2])" }
        #expect(Set(listed).count == listed.count)
        let all = sequence(first: firstRefusal, next: refusal(behind:)).map { refusal in
            "\(refusal.code) \(refusal.status.rawValue) Retry-After: \(refusal.retryAfter == nil ? "no" : "yes")"
        }
        #expect(Set(listed) == Set(all))
    }

    @Test func `lists every exit code, and no other`() throws {
        #expect(try ReadmeTable(under: "## Exit codes").names == Outcome.allCases.map { "\($0.rawValue)" })
    }
}

/// A limit in force, whatever it is.
private let onePerMinute: RateLimit = {
    do { return try RateLimit(parsing: "1/min") } catch { preconditionFailure("1/min is a limit") }
}()

private let spentStanding = LimitStanding(
    policy: LimitPolicy(.client, onePerMinute), remaining: 0, wait: .seconds(1))

private let spentQuota = QuotaExhaustion(
    check: QuotaCheck(.all, allowance: 1, identity: ""), wait: .seconds(1), isFull: false)

private let firstRefusal = Refusal.malformed("")

/// The refusals in a row. A new case does not compile until it has a place here: give it one behind the last.
private func refusal(behind refusal: Refusal) -> Refusal? {
    switch refusal {
    case .malformed: .headTooLarge(limit: 1)
    case .headTooLarge: .bodyTooLarge(limit: 1)
    case .bodyTooLarge: .notFound
    case .notFound: .methodNotAllowed(allowed: "POST")
    case .methodNotAllowed: .originNotAllowed
    case .originNotAllowed: .originNotAllowedForSession
    case .originNotAllowedForSession: .originMissing
    case .originMissing: .preflightRefused
    case .preflightRefused: .authenticationRequired
    case .authenticationRequired: .authenticationFailed(nil)
    case .authenticationFailed: .keysUnavailable(retryAfter: .seconds(5))
    case .keysUnavailable: .sessionNotAllowed
    case .sessionNotAllowed: .invalidRequest(path: "", "")
    case .invalidRequest: .unknownSession
    case .unknownSession: .rateLimited(spentStanding)
    case .rateLimited: .quotaExhausted(spentQuota)
    case .quotaExhausted: .limitsUnavailable
    case .limitsUnavailable: .mintingPaused
    case .mintingPaused: .overloaded
    case .overloaded: .shuttingDown
    case .shuttingDown: .upstreamUnavailable(retryAfter: .seconds(1))
    case .upstreamUnavailable: .upstreamRateLimited(retryAfter: .seconds(1))
    case .upstreamRateLimited: .upstreamAuth
    case .upstreamAuth: .upstreamQuota
    case .upstreamQuota: .upstreamRejected
    case .upstreamRejected: .upstreamError
    case .upstreamError: .upstreamTimeout
    case .upstreamTimeout: nil
    }
}

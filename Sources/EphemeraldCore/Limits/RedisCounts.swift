import Sessions

/// The counts of limits and quotas in Redis, which several processes share.
package struct RedisCounts: Sendable {
    /// Runs ``AdmissionScript/admit`` with keys and arguments.
    package typealias Run = @Sendable ([String], [String]) async throws(RedisCountsFailure) -> [Int64]
    /// Runs ``AdmissionScript/giveBack`` with keys and arguments, and does not wait for it.
    package typealias Post = @Sendable ([String], [String]) -> Void

    private let run: Run
    private let post: Post

    /// Uses a connection to Redis that it does not own.
    package init(run: @escaping Run, post: @escaping Post) {
        self.run = run
        self.post = post
    }

    /// Decides on a request, and counts it when it is admitted.
    /// - Parameter time: nanoseconds since 1970 instead of Redis' own clock, for tests.
    package func admit(_ claim: AdmissionClaim, at time: UInt64? = nil) async throws(RedisCountsFailure)
        -> LimitVerdict
    {
        let limits = (0..<claim.limits.count).compactMap { claim.limits[$0] }
        let keys = limits.map(AdmissionScript.key(of:)) + claim.quotas.map(AdmissionScript.key(of:))
        var arguments = [String(limits.count)]
        for limit in limits { arguments += [String(limit.rule.increment), String(limit.rule.capacity)] }
        for quota in claim.quotas { arguments.append(String(quota.allowance)) }
        if let time { arguments += [String(time / 1_000_000_000), String(time % 1_000_000_000)] }
        let reply = try await run(keys, arguments)
        guard let verdict = Reply(reply)?.verdict(limits, claim.quotas) else {
            throw RedisCountsFailure("a reply that the script does not give")
        }
        return verdict
    }

    /// Takes back the quotas' part of an admission.
    package func giveBack(_ taken: QuotaReceipt) {
        let day = Day(unixSeconds: 0).days(until: taken.day)
        post(taken.checks.map(AdmissionScript.key(of:)), [String(day)])
    }
}

/// Why Redis did not decide on a request.
package struct RedisCountsFailure: Error, Hashable, Sendable {
    /// The reason, for the operator.
    package let reason: String

    /// - Parameter reason: may be the message of Redis, which may quote the password; it is removed before logging.
    package init(_ reason: String) {
        self.reason = reason
    }
}

/// The five numbers that the script returns.
private struct Reply {
    private let kind: Int64
    private let index: Int
    private let remaining: Int64
    private let wait: Duration
    private let day: Day

    /// Ten years in nanoseconds; the longest window of a limit is an hour.
    private static let longestWait: Int64 = 10 * 366 * 86_400 * 1_000_000_000

    /// Nil for numbers that the script does not return: arithmetic with them could trap.
    init?(_ numbers: [Int64]) {
        guard numbers.count == 5, (0...1_000).contains(numbers[1]), numbers[2] >= 0,
            (0...Reply.longestWait).contains(numbers[3]), (0...Int64(Int32.max)).contains(numbers[4])
        else { return nil }
        kind = numbers[0]
        index = Int(numbers[1]) - 1
        remaining = numbers[2]
        wait = .nanoseconds(numbers[3])
        day = Day(unixSeconds: Int(numbers[4]) * 86_400)
    }

    /// Nil when the numbers make no sense.
    func verdict(_ limits: [LimitCheck], _ quotas: [QuotaCheck]) -> LimitVerdict? {
        let limit = limits.indices.contains(index) ? limits[index] : nil
        switch kind {
        case 0:
            let closest = limit.map { LimitStanding(rule: $0.rule, remaining: Int(remaining), wait: wait) }
            return .admitted(
                closest: closest, taken: QuotaReceipt(checks: quotas, day: day, isInRedis: true, isInMemory: false))
        case 1:
            return limit.map { .refused(LimitReached(.rate($0), wait: wait)) }
        case 2 where quotas.indices.contains(index):
            return .refused(LimitReached(.quota(quotas[index]), wait: wait))
        default:
            return nil
        }
    }
}

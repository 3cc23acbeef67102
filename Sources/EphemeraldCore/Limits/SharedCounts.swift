import Sessions

/// Limits and quotas that several processes count together, in Redis.
package struct SharedCounts: Sendable {
    /// Runs ``AdmissionScript/admit`` with keys and arguments.
    package typealias Run = @Sendable ([String], [String]) async throws(SharedCountsFailure) -> [Int64]
    /// Runs ``AdmissionScript/giveBack`` with keys and arguments, and does not wait for it.
    package typealias Post = @Sendable ([String], [String]) -> Void

    private let run: Run
    private let post: Post

    /// Over a connection to Redis that somebody else owns.
    package init(run: @escaping Run, post: @escaping Post) {
        self.run = run
        self.post = post
    }

    /// Decides on a request, and counts it when it is admitted.
    /// - Parameter time: nanoseconds since 1970 instead of Redis' own clock, for tests.
    package func admit(_ claim: AdmissionClaim, at time: UInt64? = nil) async throws(SharedCountsFailure)
        -> AdmissionDecision
    {
        let limits = (0..<claim.limits.count).compactMap { claim.limits[$0] }
        let keys = limits.map(AdmissionScript.key(of:)) + claim.quotas.map(AdmissionScript.key(of:))
        var arguments = [String(limits.count)]
        for limit in limits { arguments += [String(limit.policy.increment), String(limit.policy.capacity)] }
        for quota in claim.quotas { arguments.append(String(quota.allowance)) }
        if let time { arguments += [String(time / 1_000_000_000), String(time % 1_000_000_000)] }
        let reply = try await run(keys, arguments)
        guard let decision = Reply(reply)?.decision(limits, claim.quotas) else {
            throw SharedCountsFailure("a reply that the script does not give")
        }
        return decision
    }

    /// Takes back the quotas' part of an admission.
    package func giveBack(_ taken: QuotaReceipt) {
        let day = Day(unixSeconds: 0).days(until: taken.day)
        post(taken.checks.map(AdmissionScript.key(of:)), [String(day)])
    }
}

/// Why Redis does not say how it stands.
package struct SharedCountsFailure: Error, Hashable, Sendable {
    /// For an operator.
    package let words: String

    /// - Parameter words: as Redis says them; it may repeat the password, which is taken out before they are logged.
    package init(_ words: String) {
        self.words = words
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

    /// nil when they make no sense.
    func decision(_ limits: [LimitCheck], _ quotas: [QuotaCheck]) -> AdmissionDecision? {
        let standing =
            limits.indices.contains(index)
            ? LimitStanding(policy: limits[index].policy, remaining: Int(remaining), wait: wait) : nil
        switch kind {
        case 0:
            let taken = QuotaReceipt(checks: quotas, day: day, isShared: true, isLocal: false)
            return .admitted(closest: standing, taken: taken)
        case 1:
            return standing.map { .limited($0) }
        case 2 where quotas.indices.contains(index):
            return .exhausted(QuotaExhaustion(check: quotas[index], wait: wait, isFull: false))
        default:
            return nil
        }
    }
}

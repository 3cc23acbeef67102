import Cryptography
import Sessions
import Text

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
        let (keys, arguments) = RedisCounts.request(limits, claim.quotas, at: time)
        let reply = try await run(keys, arguments)
        guard let verdict = AdmissionReply(reply)?.verdict(limits, claim.quotas) else { throw .wrongReply }
        return verdict
    }

    /// What ``AdmissionScript/admit`` needs for limits and quotas.
    /// - Parameters:
    ///   - time: nanoseconds since 1970, for tests.
    ///   - slots: the rest of the keys and arguments, for a call; nil for a token.
    static func request(
        _ limits: [LimitCheck], _ quotas: [QuotaCheck], at time: UInt64?,
        slots: (keys: [String], arguments: [String])? = nil
    ) -> (keys: [String], arguments: [String]) {
        var keys = limits.map(AdmissionScript.key(of:)) + quotas.map(AdmissionScript.key(of:))
        var arguments = [String(limits.count)]
        for limit in limits { arguments += [String(limit.rule.increment), String(limit.rule.capacity)] }
        for quota in quotas { arguments.append(String(quota.allowance)) }
        let hasMore = slots != nil || quotas.contains { $0.amount != 1 }
        if let time {
            arguments += [String(time / 1_000_000_000), String(time % 1_000_000_000)]
        } else if hasMore {
            arguments += ["", ""]
        }
        guard hasMore else { return (keys, arguments) }
        arguments += quotas.map { String($0.amount) }
        keys += slots?.keys ?? []
        // A token has neither a name nor slots.
        arguments += slots?.arguments ?? ["", "0", "0"]
        return (keys, arguments)
    }

    /// Takes back the quotas' part of an admission.
    package func giveBack(_ taken: QuotaReceipt) {
        let day = Day(unixSeconds: 0).days(until: taken.day)
        let amounts = taken.checks.allSatisfy { $0.amount == 1 } ? [] : taken.checks.map { String($0.amount) }
        post(taken.checks.map(AdmissionScript.key(of:)), [String(day)] + amounts)
    }
}

/// A Lua script, and the name that Redis has for it.
package struct RedisScript: Sendable {
    /// The Lua.
    package let text: String
    /// The SHA-1 of the text, in lower-case hexadecimal digits.
    package let sha1: String

    /// The name follows from the text.
    package init(_ text: String) {
        self.text = text
        sha1 = HashFunction.sha1.hash(Array(text.utf8)).hexadecimal
    }
}

/// A part of a script's reply.
package enum RedisValue: Hashable, Sendable {
    /// A number.
    case integer(Int64)
    /// A text.
    case text(String)
    /// Nothing, for a field that a hash does not have.
    case nothing
    /// Several parts.
    case list([RedisValue])

    var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [RedisValue]? { if case .list(let values) = self { values } else { nil } }
}

/// Why Redis did not decide on a request.
package struct RedisCountsFailure: Error, Hashable, Sendable {
    /// The reason, for the operator.
    package let reason: String

    /// - Parameter reason: may be the message of Redis, which may quote the password; it is removed before logging.
    package init(_ reason: String) {
        self.reason = reason
    }

    /// The daemon is shutting down, or nobody waits for the answer any more.
    package static let cancelled = RedisCountsFailure("cancelled")
    /// Redis answered something that the script does not return.
    static let wrongReply = RedisCountsFailure("a reply that the script does not give")
}

/// The five numbers that the script returns.
struct AdmissionReply {
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
            (0...AdmissionReply.longestWait).contains(numbers[3]), (0...Int64(Int32.max)).contains(numbers[4])
        else { return nil }
        kind = numbers[0]
        index = Int(numbers[1]) - 1
        remaining = numbers[2]
        wait = .nanoseconds(numbers[3])
        day = Day(unixSeconds: Int(numbers[4]) * 86_400)
    }

    /// The place of the dimension that has no free slot, from 0 on; nil when slots are not why a call is refused.
    var fullSlot: Int? { kind == 3 ? index : nil }

    /// Nil when the numbers make no sense, and when no slot is free.
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

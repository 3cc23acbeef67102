import EphemeraldCore
import Sessions
import TestTools
import Testing

/// A row of requests by a few clients under limits and quotas chosen at random.
struct Schedule {
    private let number: Int
    private var random: SplitMix64
    private let policies: [LimitRule]
    private let quotas: [(dimension: QuotaDimension, allowance: Int)]
    /// Whether requests take more or less than one from the quotas.
    private let takesAmounts: Bool
    private var memory = AdmissionCounts(limiter: RateLimiter(capacity: 1_024))
    private var now: UInt64

    private static let spellings = [
        "10/min burst 5", "7/min burst 3", "1/s", "3/s burst 1", "60/h burst 2", "600/min burst 100", "999/s burst 4",
        "1000000/s", "7/h", "1/h burst 1000",
    ]

    init(_ number: Int) throws {
        self.number = number
        var random = SplitMix64(seed: UInt64(number))
        let dimensions = LimitDimension.allCases.shuffled(using: &random).prefix(.random(in: 0...5, using: &random))
        policies = try dimensions.map { dimension in
            let text = Schedule.spellings[.random(in: 0..<Schedule.spellings.count, using: &random)]
            return LimitRule(dimension, try RateLimit(parsing: text))
        }
        let counted = QuotaDimension.allCases.shuffled(using: &random).prefix(.random(in: 0...3, using: &random))
        takesAmounts = .random(using: &random)
        quotas = counted.map { ($0, .random(in: 1...12, using: &random)) }
        now = 1_700_000_000_000_000_000 + .random(in: 0...100_000_000_000_000_000, using: &random)
        self.random = random
    }

    /// Sends the requests to both.
    mutating func agrees(with shared: RedisCounts) async throws -> Bool {
        guard !policies.isEmpty || !quotas.isEmpty else { return true }
        for step in 0..<25 {
            move()
            let claim = claim()
            let expected = memory.admit(claim, now: now, unixMilliseconds: Int64(now / 1_000_000))
            let decision = try await shared.admit(claim, at: now)
            guard decision.summary == expected.summary else {
                Issue.record("schedule \(number), step \(step), at \(now): \(decision) instead of \(expected)")
                return false
            }
            if case .admitted(_, let taken) = decision, Int.random(in: 0..<6, using: &random) == 0 {
                shared.giveBack(taken)
                memory.ledger.giveBack(taken.checks, on: taken.day)
            }
        }
        return true
    }

    /// On by nothing, by about one increment to the nanosecond, by much, by a day; back by what loops may differ in.
    private mutating func move() {
        let increment = policies.first.map { $0.limit.window / $0.limit.count } ?? .seconds(1)
        let nanoseconds = UInt64(increment / .nanoseconds(1))
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: break
        case 3: now += nanoseconds + .random(in: 0...2, using: &random)
        case 4: now += .random(in: 0...nanoseconds, using: &random)
        case 5: now += nanoseconds / 3
        case 6: now += .random(in: 0...nanoseconds * 20, using: &random)
        case 7: now -= .random(in: 0...50_000, using: &random)
        default: if Int.random(in: 0..<4, using: &random) == 0 { now += 86_400_000_000_000 }
        }
    }

    /// By one of three, or everybody.
    private mutating func claim() -> AdmissionClaim {
        var checks = LimitChecks()
        for policy in policies {
            let who = policy.dimension == .all ? 0 : Int.random(in: 0..<3, using: &random)
            checks.append(LimitCheck(policy, LimitIdentity(.name("\(who) of \(number)"))))
        }
        let quotas = quotas.map { dimension, allowance in
            let who = dimension.countsEverybody ? 0 : Int.random(in: 0..<3, using: &random)
            let amount = takesAmounts ? Int.random(in: 0...4, using: &random) : 1
            return QuotaCheck(dimension, allowance: allowance, identity: "\(who) of \(number)", amount: amount)
        }
        return AdmissionClaim(limits: checks, quotas: quotas)
    }
}

extension LimitVerdict {
    /// All of it; waits for the next day in whole milliseconds, in which the memory reckons.
    fileprivate var summary: String {
        switch self {
        case .admitted(let closest, let taken): "admitted \(String(describing: closest)) \(taken.checks) \(taken.day)"
        case .refused(let reached):
            if case .quota(let check) = reached.limit {
                "exhausted \(check) \(reached.wait.wholeMilliseconds)"
            } else {
                "limited \(reached)"
            }
        case .unavailable: "unavailable"
        }
    }
}

extension Duration {
    /// Rounded up.
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

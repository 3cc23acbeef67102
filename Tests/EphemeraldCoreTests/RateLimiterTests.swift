import EphemeraldCore
import HTTP
import Sessions
import Testing

private func rule(_ dimension: LimitDimension, _ text: String) throws -> LimitRule {
    LimitRule(dimension, try RateLimit(parsing: text))
}

private func checks(_ rules: LimitRule..., for identity: Int = 1) -> LimitChecks {
    var checks = LimitChecks()
    for rule in rules { checks.append(LimitCheck(rule, LimitIdentity(.client(UInt128(identity))))) }
    return checks
}

private func seconds(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

extension LimitVerdict {
    fileprivate var isAdmitted: Bool { if case .admitted = self { true } else { false } }

    fileprivate var reached: LimitReached? { if case .refused(let reached) = self { reached } else { nil } }
}

@Suite struct `The limiter` {
    @Test func `refuses when the burst is spent, and admits after the wait it named`() throws {
        var limiter = RateLimiter(capacity: 8)
        let client = try rule(.client, "10/min burst 5")
        for remaining in [4, 3, 2, 1, 0] {
            let closest = LimitStanding(rule: client, remaining: remaining, wait: .seconds(6))
            #expect(limiter.admit(checks(client), now: 100) == .admitted(closest: closest))
        }
        let refused = LimitVerdict.refused(
            LimitReached(.rate(LimitCheck(client, LimitIdentity(.client(1)))), wait: .seconds(6)))
        for _ in 0..<10 { #expect(limiter.admit(checks(client), now: 100) == refused) }
        #expect(!limiter.admit(checks(client), now: 99 + seconds(6)).isAdmitted)
        #expect(limiter.admit(checks(client), now: 100 + seconds(6)).isAdmitted)
        #expect(!limiter.admit(checks(client), now: 100 + seconds(6)).isAdmitted)
    }

    @Test func `admits everything without a limit`() {
        var limiter = RateLimiter(capacity: 8)
        #expect(limiter.admit(checks(), now: 0) == .admitted(closest: nil))
    }

    @Test func `keeps clients apart`() throws {
        var limiter = RateLimiter(capacity: 64)
        let client = try rule(.client, "1/min")
        #expect(limiter.admit(checks(client, for: 1), now: 0).isAdmitted)
        #expect(limiter.admit(checks(client, for: 2), now: 0).isAdmitted)
        #expect(!limiter.admit(checks(client, for: 1), now: 0).isAdmitted)
    }

    @Test func `keeps dimensions apart that count the same identity`() throws {
        var limiter = RateLimiter(capacity: 64)
        #expect(limiter.admit(checks(try rule(.caller, "1/min")), now: 0).isAdmitted)
        #expect(limiter.admit(checks(try rule(.session, "1/min")), now: 0).isAdmitted)
    }

    @Test(arguments: LimitDimension.allCases)
    func `counts under no limit when one refuses`(spent: LimitDimension) throws {
        var limiter = RateLimiter(capacity: 64)
        let tight = try rule(spent, "1/h")
        let others = try LimitDimension.allCases.filter { $0 != spent }.map { try rule($0, "3/h") }
        #expect(limiter.admit(checks(tight), now: 0).isAdmitted)
        var all = LimitChecks()
        for other in others { all.append(LimitCheck(other, LimitIdentity(.client(1)))) }
        all.append(LimitCheck(tight, LimitIdentity(.client(1))))
        for _ in 0..<5 { #expect(limiter.admit(all, now: 0).reached?.dimension == spent.rawValue) }
        for other in others {
            guard case .admitted(let closest, _) = limiter.admit(checks(other), now: 0) else {
                Issue.record("\(other.dimension) has been counted")
                continue
            }
            #expect(closest?.remaining == 2)
        }
    }

    @Test func `names the closest limit, and the longest wait`() throws {
        var limiter = RateLimiter(capacity: 64)
        let client = try rule(.client, "10/min burst 2")
        let all = try rule(.all, "600/min burst 3")
        let caller = try rule(.caller, "60/h burst 2")
        #expect(
            limiter.admit(checks(all, client), now: 0)
                == .admitted(closest: LimitStanding(rule: client, remaining: 1, wait: .seconds(6))))
        #expect(
            limiter.admit(checks(client, caller, all), now: 0)
                == .admitted(closest: LimitStanding(rule: client, remaining: 0, wait: .seconds(6))))
        #expect(limiter.admit(checks(caller, all), now: 0).isAdmitted)
        let longest = LimitReached(.rate(LimitCheck(caller, LimitIdentity(.client(1)))), wait: .seconds(60))
        #expect(limiter.admit(checks(client, caller, all), now: 0) == .refused(longest))
    }

    @Test func `cuts an old debt to a limit that has been changed`() throws {
        var limiter = RateLimiter(capacity: 8)
        for _ in 0..<10 { #expect(limiter.admit(checks(try rule(.client, "1/h burst 10")), now: 0).isAdmitted) }
        let changed = try rule(.client, "10/min burst 5")
        #expect(limiter.admit(checks(changed), now: 0).reached?.wait == .seconds(6))
    }

    @Test func `accepts a clock that runs back between loops`() throws {
        var limiter = RateLimiter(capacity: 8)
        let client = try rule(.client, "10/min burst 2")
        #expect(limiter.admit(checks(client), now: seconds(1)).isAdmitted)
        #expect(limiter.admit(checks(client), now: seconds(1) - 500).isAdmitted == false)
        #expect(limiter.admit(checks(client), now: seconds(1)).isAdmitted)
    }

    @Test(arguments: ["1000000/h burst 1000000", "1/h burst 1000000", "1000000/s burst 1", "1/h burst 1"])
    func `counts by the largest and smallest limits`(text: String) throws {
        var limiter = RateLimiter(capacity: 8)
        let client = try rule(.client, text)
        let year = seconds(365 * 86_400)
        guard case .admitted(let closest?, _) = limiter.admit(checks(client), now: 100 * year) else {
            Issue.record("the first request is refused")
            return
        }
        #expect(closest.remaining == client.limit.burst - 1)
        #expect(closest.wait == client.limit.window / client.limit.count)
    }
}

@Suite struct `The table of a flooded limiter` {
    @Test func `keeps its size, its debts and its place for others through a million clients`() throws {
        var limiter = RateLimiter()
        let client = try rule(.client, "10/min burst 5")
        func admit(_ address: UInt128, at now: UInt64) -> LimitVerdict {
            var checks = LimitChecks()
            checks.append(LimitCheck(client, LimitIdentity(.client(address))))
            return limiter.admit(checks, now: now)
        }
        let network: UInt128 = 0x2001_0db8 << 96
        // One is over its limit when the flood begins, one has spent all but one.
        for _ in 0..<5 { #expect(admit(1, at: 0).isAdmitted) }
        for _ in 0..<4 { #expect(admit(2, at: 0).isAdmitted) }
        // 5 s of 200,000 clients a second, one of which sends one request a second.
        var refused = 0
        for index in 0..<1_000_000 {
            if !admit(network | UInt128(index) << 64, at: UInt64(index) * 5_000).isAdmitted { refused += 1 }
            if index % 200_000 == 0 { #expect(admit(3, at: UInt64(index) * 5_000).isAdmitted) }
        }
        #expect(refused == 0)
        #expect(limiter.capacity == 262_144)
        #expect(admit(1, at: seconds(5)).reached?.wait == .seconds(1))
        #expect(admit(2, at: seconds(5)).isAdmitted)
        #expect(!admit(2, at: seconds(5)).isAdmitted)
        #expect(admit(3, at: seconds(6)).isAdmitted)
    }

    @Test func `lets a newcomer wait for the first place when all are under restraint`() throws {
        var limiter = RateLimiter(capacity: 8)
        let client = try rule(.client, "10/min burst 1")
        for identity in 0..<8 {
            #expect(limiter.admit(checks(client, for: identity), now: seconds(Double(identity) / 10)).isAdmitted)
        }
        #expect(limiter.admit(checks(client, for: 8), now: seconds(1)).reached?.wait == .seconds(5))
        #expect(limiter.admit(checks(client, for: 8), now: seconds(6)).isAdmitted)
        #expect(limiter.admit(checks(client, for: 1), now: seconds(6)).reached?.wait == .milliseconds(100))
    }

    @Test func `makes room by the least debt`() throws {
        var limiter = RateLimiter(capacity: 8)
        let client = try rule(.client, "10/min burst 3")
        for identity in 0..<8 {
            for _ in 0..<(identity == 5 ? 1 : 2) {
                #expect(limiter.admit(checks(client, for: identity), now: 0).isAdmitted)
            }
        }
        #expect(limiter.admit(checks(client, for: 8), now: 0).isAdmitted)
        for identity in [0, 1, 2, 3, 4, 6, 7] {
            #expect(limiter.admit(checks(client, for: identity), now: 0).isAdmitted)
            #expect(!limiter.admit(checks(client, for: identity), now: 0).isAdmitted)
        }
    }
}

@Suite struct `The fields of a limited answer` {
    @Test func `name the policies and the closest limit`() throws {
        let client = try rule(.client, "10/min burst 5")
        let all = try rule(.all, "600/h burst 100")
        #expect(RateLimitFields.policy([client, all]) == "\"client\";q=10;w=60, \"all\";q=600;w=3600")
        #expect(RateLimitFields.policy([]) == "")
        let standing = LimitStanding(rule: client, remaining: 0, wait: .nanoseconds(5_000_000_001))
        #expect(RateLimitFields.rateLimit(standing) == "\"client\";r=0;t=6")
    }

    @Test(
        arguments: [
            (.zero, 0), (.nanoseconds(1), 1), (.seconds(1), 1), (.milliseconds(1001), 2), (.seconds(3600), 3600),
        ] as [(Duration, Int64)])
    func `round seconds up`(wait: Duration, seconds: Int64) {
        #expect(RateLimitFields.wholeSeconds(wait) == seconds)
    }
}

import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

/// Redis, as far as the policy sees it.
private struct ScriptedCounts: Sendable {
    var reply: Result<[Int64], RedisCountsFailure> = .failure(RedisCountsFailure("away"))
    let runs = Locked<[[String]]>([])
    let posts = Locked<[[String]]>([])
    let reports = Locked<[RedisCountsFailure?]>([])

    func admission(standIn: Admission? = nil) -> Admission {
        let counts = RedisCounts(
            run: { keys, arguments async throws(RedisCountsFailure) in
                runs.withLock { $0.append(keys + arguments) }
                return try reply.get()
            },
            post: { keys, arguments in posts.withLock { $0.append(keys + arguments) } })
        return .inRedis(counts, standIn: standIn) { report in reports.withLock { $0.append(report) } }
    }
}

@Suite struct `Admission in Redis` {
    @Test func `tells the client the state of the closest limit`() async throws {
        let counts = ScriptedCounts(reply: .success([0, 1, 7, 2_500_000_000, 20_000]))
        let test = try TestService(clientLimit: "10/min") {
            $0.rules.limits.all = try RateLimit.parseSetting("600/min")
            $0.admission = counts.admission()
        }
        let response = await test.respond(to: .token())
        #expect(response.status == .ok)
        #expect(response.fields["RateLimit"] == "\"client\";r=7;t=3")
        #expect(response.fields["RateLimit-Policy"] == "\"client\";q=10;w=60, \"all\";q=600;w=60")
        let run = try #require(counts.runs.withLock { $0 }.first)
        #expect(run.dropFirst(2) == ["2", "6000000000", "60000000000", "100000000", "60000000000"])
    }

    @Test(
        arguments: [
            ([1, 2, 0, 1_500_000_000, 20_000], "rate_limited", "2"), ([2, 1, 0, 1, 20_000], "quota_exhausted", "1"),
            ([], "limits_unavailable", "1"), ([0, 3, 0, 0], "limits_unavailable", "1"),
            ([1, 9, 0, 0, 0], "limits_unavailable", "1"), ([2, 2, 0, 0, 0], "limits_unavailable", "1"),
            ([7, 1, 0, 0, 0], "limits_unavailable", "1"), ([0, .min, 0, 0, 0], "limits_unavailable", "1"),
            ([1, 1, .min, 0, 0], "limits_unavailable", "1"), ([1, 1, 0, .max, 0], "limits_unavailable", "1"),
            ([2, 1, 0, -1, 0], "limits_unavailable", "1"), ([0, 1, 0, 0, .max], "limits_unavailable", "1"),
        ] as [([Int64], String, String)])
    func `refuses by the reply of the script, and when that makes no sense`(
        reply: [Int64], code: String, retryAfter: String
    ) async throws {
        let test = try TestService(clientLimit: "10/min", quotas: Quotas(all: 5)) {
            $0.rules.limits.all = try RateLimit.parseSetting("600/min")
            $0.admission = ScriptedCounts(reply: .success(reply)).admission()
        }
        let response = await test.respond(to: .token())
        #expect(response.json["code"] == .string(code))
        #expect(response.fields["Retry-After"] == retryAfter)
        #expect(test.upstream.requests.isEmpty)
    }

    @Test func `refuses while Redis is away without a stand-in`() async throws {
        let away = ScriptedCounts()
        let test = try TestService(clientLimit: "10/min") { $0.admission = away.admission() }
        let response = await test.respond(to: .token())
        #expect(response.status == .serviceUnavailable)
        #expect(response.json["code"] == "limits_unavailable")
        #expect(away.reports.withLock { $0 } == [RedisCountsFailure("away")])
    }

    @Test func `does not call Redis where nothing is limited`() async throws {
        let counts = ScriptedCounts()
        let test = try TestService { $0.admission = counts.admission() }
        #expect(await test.respond(to: .token()).status == .ok)
        #expect(counts.runs.withLock { $0 }.isEmpty)
    }

    @Test func `counts in the memory while Redis is away, which has counted what Redis admitted`() async throws {
        let clock = ManualClock()
        let memory = Admission.inMemory(
            Locked(AdmissionCounts(limiter: RateLimiter(capacity: 8))), surroundings: clock.surroundings)
        let limits = "2/min"
        let counts = ScriptedCounts(reply: .success([0, 1, 9, 1, 20_000]))
        let before = try TestService(clientLimit: limits) { $0.admission = counts.admission(standIn: memory) }
        #expect(await before.respond(to: .token()).status == .ok)
        let after = try TestService(clientLimit: limits) { $0.admission = ScriptedCounts().admission(standIn: memory) }
        #expect(await after.respond(to: .token()).status == .ok)
        #expect(await after.respond(to: .token()).status == .tooManyRequests)
    }

    @Test(arguments: [true, false])
    func `gives back what was not minted, there and in the memory`(isAway: Bool) async throws {
        let clock = ManualClock()
        let state = Locked(AdmissionCounts(limiter: RateLimiter(capacity: 8)))
        let memory = Admission.inMemory(state, surroundings: clock.surroundings)
        let day = Day(unixMilliseconds: clock.surroundings.unixMilliseconds())
        let number = Int64(Day(unixSeconds: 0).days(until: day))
        let counts = isAway ? ScriptedCounts() : ScriptedCounts(reply: .success([0, 0, 0, 0, number]))
        let test = try TestService(ScriptedUpstream(.answer(.error(400))), quotas: Quotas(all: 5)) {
            $0.admission = counts.admission(standIn: memory)
        }
        #expect(await test.respond(to: .token()).status == .badGateway)
        let quota = QuotaCheck(.all, allowance: 5, identity: "")
        #expect(state.withLock { $0.ledger.used(quota, on: day) } == 0)
        let posts = counts.posts.withLock { $0 }
        #expect(posts.map(\.last) == (isAway ? [] : [String(number)]))
    }
}

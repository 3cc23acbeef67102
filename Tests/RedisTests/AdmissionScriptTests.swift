import EphemeraldCore
import Redis
import Sessions
import Testing

/// The script in a real Redis against limits and quotas in memory, at times of the test's choosing.
@Suite(.timeLimit(.minutes(5)))
struct AdmissionScriptTests {
    @Test func `decides as the memory of a process does, on 1,000 schedules`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, _ in
            let counts = RedisCounts(client)
            try await withThrowingTaskGroup { group in
                for lane in 0..<20 {
                    group.addTask(executorPreference: client.loop) {
                        for number in stride(from: lane, to: 1_000, by: 20) {
                            var schedule = try Schedule(number)
                            guard try await schedule.agrees(with: counts) else { return }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `keeps neither names nor addresses, and nothing for longer than it means something`() async throws {
        let server = try RedisServer()
        let (keys, lives) = try await withClient(server.address) { client, _ in
            let counts = RedisCounts(client)
            var checks = LimitChecks()
            let limit = try RateLimit(parsing: "10/min burst 5")
            checks.append(LimitCheck(LimitRule(.client, limit), LimitIdentity(.client(0xC000_0207))))
            checks.append(LimitCheck(LimitRule(.caller, limit), LimitIdentity(.name("canary"), of: "canary")))
            let quotas = [QuotaCheck(.caller, allowance: 5, identity: "canary")]
            _ = try await counts.admit(AdmissionClaim(limits: checks, quotas: quotas))
            var lives: [RedisReply] = []
            let keys = try await client.send(["KEYS", "*"]).texts
            for key in keys { lives.append(try await client.send(["PTTL", key])) }
            return (keys, lives)
        }
        #expect(keys.count == 3)
        #expect(keys.filter { $0.hasPrefix("{ephemerald}:l:") }.count == 2)
        #expect(keys.filter { $0.hasPrefix("{ephemerald}:q:") }.count == 1)
        #expect(keys.allSatisfy { $0.utf8.count == 47 && !$0.contains("canary") })
        for (key, life) in zip(keys, lives) {
            guard case .integer(let milliseconds) = life else { throw Unexpected(reply: life) }
            // One request owes 6 s; a day has 86,400.
            #expect((1...(key.contains(":l:") ? 6_000 : 86_400_000)).contains(milliseconds))
        }
    }

    @Test func `counts money to the last millionth, up to a thousand million units`() async throws {
        let server = try RedisServer()
        let used = try await withClient(server.address) { client, _ in
            let counts = RedisCounts(client)
            let limits = SpendingLimits(caller: .largest, all: .largest)
            func claim(_ micros: Int64) -> AdmissionClaim {
                AdmissionClaim(
                    limits: LimitChecks(), quotas: limits.checks(caller: "ann", amount: Money(micros: micros)))
            }
            func values() async throws -> Set<String> {
                let keys = try await client.send(["KEYS", "*"]).texts
                return Set(try await client.send(["MGET"] + keys).texts.map { String($0.drop { $0 != ":" }) })
            }
            let most = claim(Money.largest.micros - 1)
            var used: [Set<String>] = []
            guard case .admitted(_, let taken) = try await counts.admit(most) else { return used }
            used.append(try await values())
            guard case .refused = try await counts.admit(claim(2)) else { return used }
            guard case .admitted = try await counts.admit(claim(1)) else { return used }
            used.append(try await values())
            guard case .refused = try await counts.admit(claim(1)) else { return used }
            counts.giveBack(taken)
            used.append(try await values())
            return used
        }
        #expect(used == [[":999999999999999"], [":1000000000000000"], [":1"]])
    }

    @Test(.eachTransport) func `admits exactly the limit to many at once, by its own clock`() async throws {
        let server = try RedisServer()
        let admitted = try await withClient(server.address) { client, _ in
            let counts = RedisCounts(client)
            var checks = LimitChecks()
            checks.append(LimitCheck(LimitRule(.all, try RateLimit(parsing: "100/h")), LimitIdentity(.everybody)))
            let claim = AdmissionClaim(limits: checks, quotas: [QuotaCheck(.all, allowance: 90, identity: "")])
            let tasks = (0..<300).map { _ in
                Task(executorPreference: client.loop) {
                    guard case .admitted = try await counts.admit(claim) else { return 0 }
                    return 1
                }
            }
            var admitted = 0
            for task in tasks { admitted += try await task.value }
            return admitted
        }
        #expect(admitted == 90)
    }
}

extension RedisCounts {
    /// As the daemon does it.
    init(_ client: RedisClient) {
        let script = AdmissionScript.admit
        self.init(
            run: { keys, arguments async throws(RedisCountsFailure) in
                do throws(RedisFailure) {
                    let reply = try await client.evaluate(
                        script.text, sha1: script.sha1, keys: keys, arguments: arguments)
                    guard let integers = reply.integers else { throw RedisFailure.broken("\(reply)") }
                    return integers
                } catch {
                    throw RedisCountsFailure("\(error)")
                }
            },
            post: { keys, arguments in
                client.post(["EVAL", AdmissionScript.giveBack, String(keys.count)] + keys + arguments)
            })
    }
}

extension RedisReply {
    /// The texts of an array.
    fileprivate var texts: [String] {
        guard case .array(let replies) = self else { return [] }
        return replies.compactMap { reply in
            if case .bytes(let bytes) = reply { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
}

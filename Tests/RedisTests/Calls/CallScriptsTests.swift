import EphemeraldCore
import Redis
import Sessions
import TestPolicy
import TestTools
import Testing

/// The scripts of calls in a real Redis against the model that the book is compared with, at times of the test's choosing.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CallScriptsTests {
    @Test func `decide as the model does, on 5,000 schedules of two daemons`() async throws {
        let server = try RedisServer()
        try await withThrowingTaskGroup { group in
            for lane in 0..<3 {
                group.addTask {
                    try await withClient(RedisAddress(.unix(path: server.path), database: lane)) { client, _ in
                        for number in stride(from: lane, to: 5_000, by: 3) {
                            var schedule = CallSchedule(seed: UInt64(number), in: client)
                            if let difference = try await schedule.play(steps: 16) {
                                Issue.record("schedule \(number), \(difference)")
                                return
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static let faults = [
        // More slots or money than there is; a slot that is free a millisecond late.
        Fault("redis.call('ZCARD', key) >= maximum", "redis.call('ZCARD', key) > maximum"),
        Fault("used[i] + amounts[i] > tonumber(", "used[i] >= tonumber("),
        Fault("used[i] + amounts[i]),", "used[i]),"),
        Fault("'ZREMRANGEBYSCORE', key, '-inf', ", "'ZREMRANGEBYSCORE', key, '-inf', '(' .. "),
        // Slots and money that do not come back, or to another day, or twice.
        Fault("redis.call('ZREM', slots, name)\n", ""),
        Fault("if keep > 0 then", "if false then"),
        Fault("tonumber(count) - amount", "tonumber(count)"),
        Fault("if tonumber(of) == day then", "if of then"),
        Fault("if state == 'ended' then return {by == ARGV[9] and 1 or 0} end\n", ""),
        Fault("by == ARGV[9] and 1 or 0", "0"),
        Fault("by == ARGV[9] and 1 or 0", "1"),
        Fault("text(ends + 60000), name)", "text(now + 90000), name)"),
        // A call that is opened when its slots are gone.
        Fault("or not slot_until() then", "then"),
        Fault("return score > now and score", "return score >= now and score"),
        // A renewal by another caller, of a call that is ending, or beyond the deadline.
        Fault("if binding ~= ARGV[3] then", "if not binding then"),
        Fault("if state ~= 'open' then", "if state == 'ended' then"),
        Fault("math.min(deadline, now + lease)", "now + lease"),
        // A claim too late or too early, by two daemons, or with a second reason.
        Fault("if waits and due > now", "if waits and due >= now"),
        Fault("if state == 'ending' then waits = by ~= ARGV[3] end\n", ""),
        Fault("redis.call('HSET', KEYS[1], 'by', ARGV[3])\n", ""),
        Fault("act_at(now + 30000)", "act_at(now + 60000)"),
        Fault("if state == 'open' then\n  local reason", "if ARGV[4] ~= '' then\n  local reason"),
        Fault("due >= tonumber(deadline) or", ""),
        // An end of all that ends again, or for another daemon or time.
        Fault("'state') == 'open' then", "'state') then"),
        Fault("'by', ARGV[#KEYS + 1]", "'by', ''"),
        Fault("text(now + 30000), ARGV[i]", "text(now), ARGV[i]"),
        // A wait that does not grow, or that another daemon makes longer.
        Fault("2 ^ math.min(tonumber(failures), 6)", "1"),
        Fault("or by ~= ARGV[3] then return {0}", "then return {0}"),
        // A call that stays due, is due a millisecond late, or is forgotten too early.
        Fault("redis.call('ZREM', KEYS[2], name)\nredis.call('DEL'", "redis.call('DEL'"),
        Fault("'-inf', text(now), 'LIMIT'", "'-inf', text(now - 1), 'LIMIT'"),
        Fault("text(math.max(tonumber(ends), now) + 600000)", "text(now + 600000)"),
        Fault("text(math.max(tonumber(ends), now) + 600000)", "text(tonumber(ends) + 600000)"),
        Fault("text(ends + 600000)", "text(ends)"),
        // An end that looks as if Redis had forgotten the call.
        Fault("state and 3 or 0", "0"),
    ]

    @Test func `differ from the model within 2,000 schedules when anything is wrong`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, _ in
            for fault in CallScriptsTests.faults {
                var found: String?
                for number in 0..<2_000 where found == nil {
                    var schedule = CallSchedule(seed: UInt64(number), in: client, fault: fault)
                    do {
                        found = try await schedule.play(steps: 16).map { "schedule \(number), \($0)" }
                    } catch let error as RedisCountsFailure {
                        found = "schedule \(number), \(error)"
                    }
                }
                #expect(found != nil, "not noticed: \(fault.testDescription)")
            }
        }
    }
}

import EphemeraldCore
import Redis
import Sessions
import TestPolicy

extension RedisClient {
    /// Every key with its value, in order.
    var contents: [String] {
        get async throws {
            let dump = """
                local lines = {}
                for _, key in ipairs(redis.call('KEYS', '*')) do
                  local kind = redis.call('TYPE', key).ok
                  local value = ''
                  if kind == 'string' then value = redis.call('GET', key) end
                  if kind == 'zset' then value = table.concat(redis.call('ZRANGE', key, 0, -1), ',') end
                  table.insert(lines, key .. ' ' .. value)
                end
                table.sort(lines)
                return lines
                """
            guard case .array(let lines) = try await send(["EVAL", dump, "0"]) else { return [] }
            return lines.compactMap { line in
                if case .bytes(let bytes) = line { String(decoding: bytes, as: UTF8.self) } else { nil }
            }
        }
    }

    /// What the scripts count: amounts, taken slots, and when calls are due. Calls that Redis has forgotten are left out.
    func countedLines(at now: Int) async throws -> [String] {
        let dump = """
            local lines = {}
            for _, key in ipairs(redis.call('KEYS', '{ephemerald}:*')) do
              local kind = string.sub(key, 14, 15)
              if kind == 'q:' then
                table.insert(lines, 'q ' .. redis.call('GET', key))
              elseif kind == 'o:' then
                local count = redis.call('ZCOUNT', key, '(' .. ARGV[1], '+inf')
                if count > 0 then table.insert(lines, 'o ' .. count) end
              elseif kind == 'du' then
                local due = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
                for i = 1, #due, 2 do
                  if redis.call('EXISTS', '{ephemerald}:c:' .. due[i]) == 1 then
                    table.insert(lines, 'due ' .. due[i] .. ' ' .. string.format('%.0f', due[i + 1]))
                  end
                end
              end
            end
            return table.concat(lines, '\\n')
            """
        guard case .bytes(let bytes) = try await send(["EVAL", dump, "0", "\(now)"]) else { return ["no text"] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension CallModel {
    /// Tokens of a caller's quota on a day.
    func tokens(of caller: String?, on day: Day) -> Int {
        calls.count { $0.plan.caller == caller && $0.plan.day == day && !$0.isUndone && $0.lostAt == nil }
    }

    /// What Redis should count.
    func countedLines(_ limits: SpendingLimits, _ quotas: Quotas) -> [String] {
        let due = lasting.map { "due \($0.name) \($0.due)" }
        let callers: [String?] = ["ann", "bob"]
        let slots =
            callers.map { caller in taken { $0.caller == caller } }
            + (0..<2).map { client in taken { $0.client == UInt128(client) } }
            + ["default", "other"].map { session in taken { $0.session == session } } + [taken { _ in true }]
        let checks = callers.flatMap {
            quotas.checks(caller: $0, session: "") + limits.checks(caller: $0, amount: .zero)
        }
        // The checks of both callers name the count of all.
        let amounts = Set(checks).compactMap { check -> String? in
            let isCounted = { (plan: CallPlan) in check.identity.isEmpty || plan.caller == check.identity }
            // A key has the day of its last admission.
            guard let day = calls.last(where: { isCounted($0.plan) })?.plan.day else { return nil }
            let amount =
                check.dimension == .caller
                ? tokens(of: check.identity, on: day) : charged { isCounted($0) && $0.day == day }
            return "q \(Day(unixSeconds: 0).days(until: day)):\(amount)"
        }
        return due + slots.filter { $0 > 0 }.map { "o \($0)" } + amounts
    }
}

import Cryptography
import Text

/// The Lua that Redis runs for a request: all its limits, quotas and slots in one round trip, and all of them or none.
///
/// It decides as `AdmissionCounts` does, with GCRA in nanoseconds. A double holds them exactly up to 104 days, so times
/// are kept in two numbers, and only their differences in one. All processes use the clock of Redis.
package enum AdmissionScript {
    /// The script that decides and counts.
    ///
    /// KEYS: one for each limit, then one for each quota. ARGV: the number of limits; of each limit the increment and the
    /// capacity in nanoseconds; of each quota the allowance; and, only in tests, the time: seconds and nanoseconds.
    ///
    /// A request for a call, or one that takes money, has more. KEYS: one for each dimension in which it takes a slot.
    /// ARGV: the time, or two empty texts; of each quota the amount, which is else 1; of each slot the maximum, empty for
    /// none; the name of the call; how long it may take to create it, in milliseconds; and last the number of slots.
    ///
    /// A limit's value is the theoretical arrival time: seconds, and nine digits of nanoseconds. It lives until then,
    /// when the bucket is full and means nothing. A quota's value is `day:amount` and lives as long as the day. The slots
    /// of a dimension are a sorted set of calls, each with the time at which its slot is free at the latest; the set
    /// outlives the longest call.
    ///
    /// The reply: 0 admitted, 1 a limit refuses, 2 a quota refuses, 3 no slot is free; the place of the limit, quota or
    /// slot that this is about, from 1 on, 0 for none; what remains of it; nanoseconds to wait; the day since 1970.
    package static let admit = RedisScript(
        """
        local limits = tonumber(ARGV[1])
        local more = #ARGV - limits - #KEYS > 3
        local slots = more and tonumber(ARGV[#ARGV]) or 0
        local quotas = #KEYS - limits - slots
        local given = ARGV[2 + 2 * limits + quotas]
        local seconds, nanoseconds
        if given == '' then given = nil end
        if given then
          seconds, nanoseconds = tonumber(given), tonumber(ARGV[3 + 2 * limits + quotas])
        else
          local time = redis.call('TIME')
          seconds, nanoseconds = tonumber(time[1]), tonumber(time[2]) * 1000
        end
        local day, left = math.floor(seconds / 86400), 86400 - seconds % 86400
        local values = redis.call('MGET', unpack(KEYS))
        local used, amounts, nexts = {}, {}, {}
        for i = 1, quotas do
          local of, count = string.match(values[limits + i] or '', '^(%d+):(%d+)$')
          used[i] = tonumber(of) == day and tonumber(count) or 0
          amounts[i] = more and tonumber(ARGV[3 + 2 * limits + quotas + i]) or 1
          if used[i] + amounts[i] > tonumber(ARGV[1 + 2 * limits + i]) then
            return {2, i, 0, left * 1e9 - nanoseconds, day}
          end
        end
        local now = seconds * 1000 + math.floor(nanoseconds / 1e6)
        for i = 1, slots do
          local key, maximum = KEYS[limits + quotas + i], tonumber(ARGV[3 + 2 * (limits + quotas) + i])
          redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
          if maximum and redis.call('ZCARD', key) >= maximum then return {3, i, 0, 0, day} end
        end
        local closest, least, pause = 0, 0, 0
        local refusing, longest = 0, 0
        for i = 1, limits do
          local increment, capacity = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
          local ahead = 0
          local value = values[i]
          if value then
            ahead = (tonumber(string.sub(value, 1, -10)) - seconds) * 1e9 + tonumber(string.sub(value, -9)) - nanoseconds
            ahead = math.min(math.max(ahead, 0), capacity)
          end
          nexts[i] = ahead + increment
          local room = capacity - nexts[i]
          if room < 0 then
            if -room > longest then refusing, longest = i, -room end
          else
            local rest = math.fmod(room, increment)
            local remaining = (room - rest) / increment
            if closest == 0 or remaining < least then closest, least, pause = i, remaining, increment - rest end
          end
        end
        if refusing > 0 then return {1, refusing, 0, longest, day} end
        for i = 1, limits do
          local sum = nanoseconds + nexts[i]
          local rest = math.fmod(sum, 1e9)
          redis.call('SET', KEYS[i], string.format('%.0f%09.0f', seconds + (sum - rest) / 1e9, rest),
            'PX', given and 3600000 or string.format('%.0f', math.ceil(nexts[i] / 1e6)))
        end
        for i = 1, quotas do
          redis.call('SET', KEYS[limits + i], string.format('%.0f:%.0f', day, used[i] + amounts[i]),
            'PX', given and 3600000 or left * 1000)
        end
        for i = 1, slots do
          local key = KEYS[limits + quotas + i]
          redis.call('ZADD', key, string.format('%.0f', now + tonumber(ARGV[#ARGV - 1])), ARGV[#ARGV - 2])
          redis.call('PEXPIRE', key, 10800000)
        end
        return {0, closest, least, pause, day}
        """)

    /// The script that takes back what was taken. KEYS: the quotas; ARGV: the day on which it was taken, and of each quota
    /// the amount, unless all of them are 1.
    package static let giveBack = """
        for i = 1, #KEYS do
          local of, count = string.match(redis.call('GET', KEYS[i]) or '', '^(%d+):(%d+)$')
          if of == ARGV[1] then
            local left = math.max(tonumber(count) - tonumber(ARGV[1 + i] or 1), 0)
            redis.call('SET', KEYS[i], string.format('%s:%.0f', of, left), 'KEEPTTL')
          end
        end
        """

    /// The key of a limit: a hash, so that Redis sees neither addresses nor names. The part in braces puts all keys of a
    /// script into one slot of a cluster.
    static func key(of check: LimitCheck) -> String {
        key("limit:\(check.rule.dimension.rawValue):\(check.identity)", in: "l")
    }

    static func key(of check: QuotaCheck) -> String {
        key("quota:\(check.dimension.rawValue):\(check.identity)", in: "q")
    }

    /// Half of SHA-256 is as far from a collision as 128 bits are.
    static func key(_ text: String, in space: String) -> String {
        "{ephemerald}:\(space):\(HashFunction.sha256.hash(Array(text.utf8)).prefix(16).hexadecimal)"
    }
}

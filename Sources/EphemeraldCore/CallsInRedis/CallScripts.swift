/// The Lua that Redis runs for calls, besides ``AdmissionScript/admit``. Several daemons keep their calls in one Redis, and
/// each script is one step of a call.
///
/// Times are milliseconds by Redis' clock; daemons send and get differences. Every script has KEYS: the call and the set
/// of due times; where it says so the slots, and then quotas. ARGV: the time, in tests only, else empty; the call's name.
///
/// | key | holds |
/// |---|---|
/// | `c:H` | a hash: the call. Who may prolong it and why it ended stay until ten minutes after the upstream's own end |
/// | `due` | a sorted set of calls: when somebody must act |
/// | `o:HASH` | a sorted set of calls for each dimension: the slots, each with the time at which it is free at the latest |
/// | `q:HASH` | `day:amount`, as the admission leaves it |
enum CallScripts {
    /// The call was not created, or its answer was lost: its slots are free, and the amounts come back to the day of the
    /// admission. Nothing is done for a call that was not admitted, or opened, or undone before.
    ///
    /// Slots and quotas. ARGV: the number of slots; for how long they stay taken, under another name; how long the
    /// admission reserved them; of each quota the amount. The reply: whether anything was done.
    static let undo = RedisScript(
        begin + """
            local slots = tonumber(ARGV[3])
            local until_free = slot_until()
            if not until_free or redis.call('EXISTS', KEYS[1]) == 1 then return {0} end
            local day = math.floor((until_free - tonumber(ARGV[5])) / 86400000)
            for i = 1, slots do free(KEYS[2 + i], tonumber(ARGV[4])) end
            for i = 1, #KEYS - 2 - slots do give_back(KEYS[2 + slots + i], day, tonumber(ARGV[5 + i])) end
            return {1}
            """)

    /// The upstream has created the call. A call whose slots are gone is refused: it was undone, or Redis lost it.
    ///
    /// Slots. ARGV: the number of slots; how long ago the answer came; how long the call may last; the lease, 0 for none;
    /// after how long the upstream ends it; and fields with their values. The reply: whether the call is open now.
    static let open = RedisScript(
        begin + """
            local slots = tonumber(ARGV[3])
            if redis.call('EXISTS', KEYS[1]) == 1 or not slot_until() then return {0} end
            local opened = now - tonumber(ARGV[4])
            local deadline, ends = opened + tonumber(ARGV[5]), opened + tonumber(ARGV[7])
            redis.call('HSET', KEYS[1], 'state', 'open', 'opened', text(opened), 'deadline', text(deadline),
              'lease', ARGV[6], 'until', text(ends), unpack(ARGV, 8))
            redis.call('PEXPIREAT', KEYS[1], text(ends + \(memory)))
            act_at(after_lease(deadline, tonumber(ARGV[6])))
            redis.call('PEXPIRE', KEYS[2], 10800000)
            for i = 1, slots do
              redis.call('ZADD', KEYS[2 + i], text(ends + \(grace)), name)
              redis.call('PEXPIRE', KEYS[2 + i], 10800000)
            end
            return {1}
            """)

    /// A sign of life. ARGV: the binding. The reply: 0 for an unknown call and another binding; 1 and the reason when it
    /// is ending or has ended; 2, how long it may last, and its lease.
    static let renew = RedisScript(
        begin + """
            local state, binding, reason, deadline, lease =
              unpack(redis.call('HMGET', KEYS[1], 'state', 'binding', 'reason', 'deadline', 'lease'))
            if binding ~= ARGV[3] then return {0} end
            if state ~= 'open' then return {1, reason} end
            act_at(after_lease(tonumber(deadline), tonumber(lease)))
            return {2, tonumber(deadline) - now, tonumber(lease)}
            """)

    /// A daemon wants to end the call. It has 30 seconds; then another daemon may try.
    ///
    /// ARGV: the daemon; the reason, empty for a call that has come up. The reply: 0 for an unknown call; 1 and how long
    /// it has to wait when nothing is to be done, or another daemon does it; 2, the age of the call, and its fields; 3
    /// when it has ended.
    static let claim = RedisScript(
        begin + """
            local state, by, deadline, ends = unpack(redis.call('HMGET', KEYS[1], 'state', 'by', 'deadline', 'until'))
            if not state or state == 'ended' then
              redis.call('ZREM', KEYS[2], name)
              return {state and 3 or 0}
            end
            local due = tonumber(redis.call('ZSCORE', KEYS[2], name) or now)
            local waits = ARGV[4] == ''
            if state == 'ending' then waits = by ~= ARGV[3] end
            if waits and due > now then return {1, due - now} end
            if state == 'open' then
              local reason = ARGV[4]
              if reason == '' then
                reason = (due >= tonumber(deadline) or now >= tonumber(ends) + \(grace)) and 'deadline' or 'lease'
              end
              redis.call('HSET', KEYS[1], 'state', 'ending', 'reason', reason, 'failures', '0')
            end
            redis.call('HSET', KEYS[1], 'by', ARGV[3])
            act_at(now + 30000)
            return {2, now - tonumber(redis.call('HGET', KEYS[1], 'opened')), unpack(\(record(of: "KEYS[1]")))}
            """)

    /// The daemon could not end the call. It is due again after half a second, and after twice as long each time, up to
    /// 30 seconds, for any daemon. ARGV: the daemon. The reply: the wait; 0 when the call is not the daemon's.
    static let failed = RedisScript(
        begin + """
            local state, by, failures, ends =
              unpack(redis.call('HMGET', KEYS[1], 'state', 'by', 'failures', 'until'))
            if state ~= 'ending' or by ~= ARGV[3] then return {0} end
            local wait = math.min(500 * 2 ^ math.min(tonumber(failures), 6), 30000)
            redis.call('HSET', KEYS[1], 'by', '', 'failures', text(tonumber(failures) + 1))
            act_at(math.min(tonumber(ends) + \(grace), now + wait))
            return {wait}
            """)

    /// The call is over: its slots are free, and what it did not cost comes back to the day of its admission.
    ///
    /// Slots, and the quotas of money. ARGV: the number of slots; for how long they stay taken, under another name; the
    /// day; the amount; the reason, unless there is one; the binding; the daemon. The reply: 0 when another daemon has
    /// ended it before; 1 when it ended now, and to the same daemon again, which may have lost the first reply; 2 when
    /// Redis did not have it: then only slots and money come back, if they are still taken.
    static let end = RedisScript(
        begin + """
            local slots = tonumber(ARGV[3])
            local state, reason, ends, by = unpack(redis.call('HMGET', KEYS[1], 'state', 'reason', 'until', 'by'))
            if state == 'ended' then return {by == ARGV[9] and 1 or 0} end
            if state or slot_until() then
              for i = 1, slots do free(KEYS[2 + i], tonumber(ARGV[4])) end
              for i = 3 + slots, #KEYS do give_back(KEYS[i], tonumber(ARGV[5]), tonumber(ARGV[6])) end
            end
            if not state then return {2} end
            redis.call('ZREM', KEYS[2], name)
            redis.call('DEL', KEYS[1])
            redis.call('HSET', KEYS[1], 'state', 'ended', 'reason', reason or ARGV[7], 'binding', ARGV[8], 'by', ARGV[9])
            redis.call('PEXPIREAT', KEYS[1], text(math.max(tonumber(ends), now) + \(memory)))
            return {1}
            """)

    /// Which calls are due, the earliest first, 64 after those passed over. KEYS: only the set of due times. ARGV: the
    /// time; how many are passed over.
    static let overdue = RedisScript(
        begin + """
            return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', ARGV[2], '64')
            """)

    /// Which calls there are, some hundred at a time, and perhaps one twice: all that are there from the first step to the
    /// last. KEYS: only the set of due times. ARGV: the time; the cursor. The reply: the next cursor, and the names in one
    /// text. The cursor is 0 at first and at the end.
    static let names = RedisScript(
        begin + """
            local scan = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', '500')
            local names = {}
            for i = 1, #scan[2], 2 do table.insert(names, scan[2][i]) end
            return {scan[1], table.concat(names, ' ')}
            """)

    /// What there is to see of some calls. KEYS: the set of due times, then the calls. ARGV: the time; the names of the
    /// calls. The reply: of each call that is open or ending a list: its place, from 0 on, its age, how long until it is
    /// due, how often it could not be ended, and its fields.
    static let look = RedisScript(
        begin + """
            local found = {}
            for i = 2, #KEYS do
              local state, opened, failures = unpack(redis.call('HMGET', KEYS[i], 'state', 'opened', 'failures'))
              if state and state ~= 'ended' then
                local due = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or now)
                table.insert(found, {i - 2, now - (tonumber(opened) or now), due - now, tonumber(failures or 0),
                  unpack(\(record(of: "KEYS[i]")))})
              end
            end
            return found
            """)

    /// Which of some calls have ended. KEYS: the calls. The reply: their places, from 0 on.
    static let ended = RedisScript(
        begin + """
            local ended = {}
            for i, key in ipairs(KEYS) do
              if redis.call('HGET', key, 'state') == 'ended' then table.insert(ended, i - 1) end
            end
            return ended
            """)

    /// A daemon begins to end those of some calls that are open, as a claim with a reason does. KEYS and ARGV: as those of
    /// ``look``; then the daemon and the reason. The reply: of each call that was open a list: its place, from 0 on, its
    /// age, and its fields.
    static let stop = RedisScript(
        begin + """
            local begun = {}
            for i = 2, #KEYS do
              if redis.call('HGET', KEYS[i], 'state') == 'open' then
                redis.call('HSET', KEYS[i], 'state', 'ending', 'reason', ARGV[#KEYS + 2], 'failures', '0',
                  'by', ARGV[#KEYS + 1])
                redis.call('ZADD', KEYS[1], text(now + 30000), ARGV[i])
                table.insert(begun, {i - 2, now - tonumber(redis.call('HGET', KEYS[i], 'opened')),
                  unpack(\(record(of: "KEYS[i]")))})
              end
            end
            return begun
            """)

    /// The keys of a call that every script has.
    static func keys(of name: CallName) -> [String] { [key(of: name), due] }

    static func key(of name: CallName) -> String { "{ephemerald}:c:\(name)" }

    /// The key of the due times.
    static let due = "{ephemerald}:due"

    /// The key of a call's slots in a dimension; nil when the plan has no value in it.
    static func key(ofSlot dimension: CallDimension, _ plan: CallPlan) -> String? {
        let value: String? =
            switch dimension {
            case .caller: plan.caller
            case .client: plan.client.map { "\($0)" }
            case .session: plan.session
            case .all: ""
            }
        return value.map { AdmissionScript.key("slot:\(dimension.rawValue):\($0)", in: "o") }
    }

    /// The Lua that reads the fields of the call with that key.
    private static func record(of key: String) -> String {
        "redis.call('HMGET', \(key), \(SharedCall.fields.map { "'\($0)'" }.joined(separator: ", ")))"
    }
    /// How long a call is remembered after the upstream's own end, in milliseconds, also one that has ended before.
    private static let memory = 600_000
    /// How long after the upstream's own end a call is given up, in milliseconds.
    private static let grace = CallRecord.graceSeconds * 1_000

    /// What every script begins with. Numbers are written by a format, because Redis would write some in scientific
    /// notation.
    private static let begin = """
        local function text(number) return string.format('%.0f', number) end
        local now, name = tonumber(ARGV[1]), ARGV[2]
        if not now then
          local time = redis.call('TIME')
          now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        end
        local function act_at(time) redis.call('ZADD', KEYS[2], text(time), name) end
        local function after_lease(deadline, lease)
          return lease > 0 and math.min(deadline, now + lease) or deadline
        end
        local function slot_until()
          local score = tonumber(redis.call('ZSCORE', KEYS[3], name) or 0)
          return score > now and score
        end
        local function free(slots, keep)
          redis.call('ZREM', slots, name)
          if keep > 0 then redis.call('ZADD', slots, text(now + keep), name .. ':paid') end
        end
        local function give_back(quota, day, amount)
          local of, count = string.match(redis.call('GET', quota) or '', '^(%d+):(%d+)$')
          if tonumber(of) == day then
            local left = math.min(math.max(tonumber(count) - amount, 0), \(QuotaCheck.largestAmount))
            redis.call('SET', quota, text(day) .. ':' .. text(left), 'KEEPTTL')
          end
        end

        """
}

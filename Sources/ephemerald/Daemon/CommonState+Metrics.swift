import Curl
import EphemeraldCore
import Locking
import MicroHTTPD
import Redis
import Sessions

extension CommonState {
    /// All metrics, at this moment.
    /// - Parameter loops: the counts of each loop.
    func families(_ loops: [LoopMetrics]) -> [MetricFamily] {
        var counts = MetricCounts()
        let sessions = sessions.withLock { $0 }.sessions.map(\.name)
        counts.addZeros(sessions: sessions)
        for loop in loops { counts.add(loop.current) }
        let calls = callWork.counts.withLock { $0 }.families(
            listing: calls.listing(), maximum: callMaximum.withLock { $0 }, sessions: sessions)
        let dropped = loops.reduce(0) { $0 + ($1.spans?.dropped ?? 0) }
        return counts.families + calls + keys(counts) + gauges + telemetryFamilies(dropped) + ProcessMetrics.families
            + [buildInfo]
    }

    private func telemetryFamilies(_ droppedSpans: Int) -> [MetricFamily] {
        [
            MetricFamily(
                "ephemerald_otlp_spans_dropped", .counter, "Spans that the OpenTelemetry collector did not get.",
                droppedSpans),
            MetricFamily(
                "ephemerald_otlp_metrics_failures", .counter,
                "How often the OpenTelemetry collector did not get the metrics.", telemetry?.failedMetrics ?? 0),
        ]
    }

    private var gauges: [MetricFamily] {
        [
            MetricFamily(
                "ephemerald_in_flight", .gauge, "Mints and creations of calls in progress.",
                upstreamState.mintsInProgress),
            MetricFamily(
                "ephemerald_waiting", .gauge, "Requests that wait for one of these to end.",
                upstreamState.mintsWaiting),
            MetricFamily(
                "ephemerald_limit_keys", .gauge,
                "Clients, callers, origins and sessions that a limit keeps a count of.",
                AdmissionCounts.limitKeysHeld(by: counts, now: Surroundings.monotonicNanoseconds())),
            MetricFamily(
                "ephemerald_limit_keys_max", .gauge, "The largest possible value of ephemerald_limit_keys.",
                counts.withLock(\.limitCapacity)),
            MetricFamily(
                "ephemerald_usage_log_failures", .counter, "Usage lines that could not be written.", lostLines.total),
            MetricFamily(
                "ephemerald_unlogged_refusals", .counter, "Refusals above LIMIT_REFUSALS, which have no usage line.",
                refusals.total),
            MetricFamily(
                "ephemerald_session_model_ends_days", .gauge,
                "Days until something that the session uses ends; negative after that day.", endings),
            MetricFamily(
                "ephemerald_reloads", .counter, "Reloads of settings, keys and session files, by outcome.",
                state.reloads.map { MetricFamily.Sample(Double($0.count), [("outcome", $0.outcome)]) }),
            MetricFamily(
                "ephemerald_reload_refused", .gauge,
                "1 while the configuration in force is not that of the files, because a reload was refused.",
                state.isReloadRefused ? 1 : 0),
            MetricFamily(
                "ephemerald_paused", .gauge, "1 while minting is paused.", mintingSwitch.isPaused ? 1 : 0),
            MetricFamily(
                "ephemerald_quota_taken", .gauge,
                "Tokens of today that QUOTA_ALL counts; 0 without it, and with REDIS_URL.", quota.taken),
            MetricFamily("ephemerald_quota_max", .gauge, "QUOTA_ALL; 0 while it is off.", quota.max),
            MetricFamily(
                "ephemerald_redis_away", .gauge, "Event loops that Redis does not count for; 0 without REDIS_URL.",
                redisNotices?.loopsAway ?? 0),
            MetricFamily(
                "ephemerald_money_taken", .gauge,
                "What tokens and calls have taken from SPEND_ALL today, with REDIS_URL those of all daemons; 0 without it.",
                [MetricFamily.Sample(money.taken)]),
            MetricFamily(
                "ephemerald_money_max", .gauge, "SPEND_ALL; 0 while it is off.", [MetricFamily.Sample(money.max)]),
            MetricFamily(
                "ephemerald_denied", .gauge, "Callers, addresses and origins that the operator has denied.",
                Denial.Kind.allCases.map { kind in
                    MetricFamily.Sample(
                        Double(denials.list.entries.keys.count { $0.kind == kind }), [("kind", kind.rawValue)])
                }),
            MetricFamily("process_start_time_seconds", .gauge, "When the daemon started, in Unix time.", startTime),
        ]
    }

    private func keys(_ counts: MetricCounts) -> [MetricFamily] {
        let (keys, now) = (upstreamState.keys, Surroundings.monotonicNanoseconds())
        let active = state.emergencies.active
        func samples(_ value: (UpstreamKey) -> Double) -> [MetricFamily.Sample] {
            keys.keys.map { MetricFamily.Sample(value($0), [("place", "\($0.place)"), ("print", "\($0.print)")]) }
        }
        return [
            MetricFamily(
                "ephemerald_key_served", .counter, "Tokens and calls, by the key of the upstream that served them.",
                samples { Double(counts.served(by: $0.print)) }),
            MetricFamily(
                "ephemerald_key_resting", .gauge, "1 while a key rests, because the upstream refused it.",
                samples { keys.rest(of: $0.print, now: now) == nil ? 0 : 1 }),
            MetricFamily(
                "ephemerald_emergencies", .gauge, "What fails at this moment, by kind.",
                Emergencies.Kind.allCases.map { kind in
                    MetricFamily.Sample(Double(active.count { $0.kind == kind }), [("kind", kind.rawValue)])
                }),
        ]
    }

    /// In units of the currency.
    private var money: (taken: Double, max: Double) {
        guard let limit = spending.withLock(\.all) else { return (0, 0) }
        let check = QuotaCheck(.spendAll, allowance: Int(limit.micros), identity: "")
        let taken = redis == nil ? takenToday(check) : sharedSpending.taken(on: .today)
        return (Double(taken) / 1e6, Double(limit.micros) / 1e6)
    }

    private var quota: (taken: Int, max: Int) {
        guard let limit = quotaOfAll.withLock({ $0 }) else { return (0, 0) }
        return (redis == nil ? takenToday(QuotaCheck(.all, allowance: limit, identity: "")) : 0, limit)
    }

    /// What this daemon counts.
    private func takenToday(_ check: QuotaCheck) -> Int {
        counts.withLock { $0.ledger.used(check, on: .today) }
    }

    private var endings: [MetricFamily.Sample] {
        let today = Day.today
        return sessions.withLock { $0 }.sessions.compactMap { session in
            let days = session.endings.map { today.days(until: $0.date) }.min()
            return days.map { MetricFamily.Sample(Double($0), [("session", session.name)]) }
        }
    }

    private var buildInfo: MetricFamily {
        MetricFamily(
            "ephemerald_build", .info, "The versions of the program and its libraries.",
            [
                MetricFamily.Sample(
                    1,
                    [
                        ("version", Version.number), ("libcurl", HTTPClient.version),
                        ("libmicrohttpd", Server.version), ("hiredis", RedisClient.hiredisVersion),
                        ("zlib", LogText.zlibVersion),
                    ])
            ])
    }
}

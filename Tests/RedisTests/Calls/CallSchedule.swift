import EphemeraldCore
import Redis
import Sessions
import TestPolicy
import TestTools

/// One random schedule of two daemons that share a Redis, played to the scripts and to the model.
struct CallSchedule {
    private static let daemons = ["a", "b"]
    /// The beginning of a day in 2096, so that Redis, by its own clock, does not expire anything of the schedule.
    private static let start = 46_296 * 86_400_000

    private let client: RedisClient
    private let fault: Fault?
    private var model = CallModel(isShared: true)
    private var random: SplitMix64
    private let maxima: CallMaxima
    private let limits: SpendingLimits
    private let quotas: Quotas
    private var now: Int
    private var taken: [Int: QuotaReceipt] = [:]
    /// The call as each daemon may have it: its maker's, or from a claim.
    private var shared: [Int: SharedCall] = [:]
    /// The calls that are settled, and by which daemon.
    private var settledBy: [Int: Int] = [:]
    /// Calls whose key was removed, as Redis would have done.
    private var expired: Set<Int> = []

    init(seed: UInt64, in client: RedisClient, fault: Fault? = nil) {
        self.client = client
        self.fault = fault
        random = SplitMix64(seed: seed)
        maxima = TestCalls.maxima[Int(seed % 4)]
        limits = TestCalls.spendingLimits[Int(seed % 3)]
        quotas = seed % 5 == 0 ? Quotas(caller: 3) : Quotas()
        // Some schedules begin shortly before midnight.
        now = CallSchedule.start + (seed % 2 == 0 ? 0 : 86_400_000 - 7_000) + Int(random.next() % 6_000)
    }

    /// - Returns: what differed first; nil when nothing did.
    mutating func play(steps: Int) async throws -> String? {
        _ = try await client.send(["FLUSHDB"])
        for step in 0..<steps {
            try await move(by: TestCalls.pauses[pick(TestCalls.pauses.count)])
            if let difference = try await self.step() { return "step \(step) at \(now): \(difference)" }
            if pick(3) == 0, let difference = try await compare() { return "after step \(step): \(difference)" }
        }
        return try await finish()
    }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    private func calls(_ daemon: Int) -> SharedCalls {
        SharedCalls(
            client, daemon: CallSchedule.daemons[daemon], creation: .seconds(30), at: Int64(now), fault: fault)
    }

    /// Lets time pass, and Redis forget.
    private mutating func move(by pause: Int) async throws {
        now += pause
        model.pass(to: now)
        for index in model.calls.indices where model.isForgotten(model.calls[index]) {
            guard expired.insert(index).inserted else { continue }
            let key = "{ephemerald}:c:\(model.calls[index].name)"
            // A schedule with a fault may differ here; it is compared elsewhere.
            guard try await client.send(["PEXPIRETIME", key]) == .integer(Int64(model.calls[index].forgotten)) else {
                continue
            }
            _ = try await client.send(["DEL", key])
        }
    }

    private mutating func step() async throws -> String? {
        guard !model.calls.isEmpty else { return try await admit() }
        let index = pick(model.calls.count)
        let call = model.calls[index]
        switch pick(12) {
        case 0, 1, 2: return model.calls.count < TestCalls.names.count ? try await admit() : nil
        case 3 where call.isCreating: return try await undo(index, isLost: pick(2) == 0)
        case 3, 4, 5: return call.isCreating ? try await open(index) : try await renew(index)
        case 6: return try await claim(index, CallEndReason.allCases[pick(CallEndReason.allCases.count)])
        case 7: return try await claim(index, nil)
        case 8: return try await failed(index)
        case 9: return try await end(index)
        case 10: return try await stop()
        default: return try await sweep()
        }
    }

    private mutating func admit() async throws -> String? {
        let (name, day) = (TestCalls.names[model.calls.count], Day(unixSeconds: now / 1_000))
        var plan = TestCalls.plans[pick(TestCalls.plans.count)]
        plan.day = day
        let checks =
            quotas.checks(caller: plan.caller, session: plan.session)
            + limits.checks(caller: plan.caller, amount: plan.reserved)
        let isUsedUp = plan.caller != nil && model.tokens(of: plan.caller, on: day) >= quotas.caller ?? .max
        let expected = isUsedUp ? "caller" : model.spent(for: plan, within: limits)
        let full = model.full(for: plan, within: maxima)
        let claim = AdmissionClaim(limits: LimitChecks(), quotas: checks)
        switch try await calls(pick(2)).admit(name, plan, claim, within: maxima) {
        case .refused(let reached):
            return reached.dimension == expected ? nil : "\(reached.dimension) refused instead of \(expected as Any)"
        case .full(let dimension):
            return expected == nil && dimension == full ? nil : "\(dimension) is full instead of \(full as Any)"
        case .admitted(_, let receipt):
            if expected != nil || full != nil { return "admitted, but \(expected as Any) or \(full as Any) is full" }
            if receipt.day != day { return "admitted on \(receipt.day)" }
            model.reserve(name, plan, now: now)
            taken[model.calls.count - 1] = receipt
            return model.exceeds(maxima, for: plan) ? "too many slots are taken" : nil
        }
    }

    private mutating func undo(_ index: Int, isLost: Bool) async throws -> String? {
        let call = model.calls[index]
        for _ in 0..<2 {
            calls(pick(2)).undo(call.name, call.plan, taken[index]?.checks ?? [], isLost: isLost)
        }
        _ = model.undo(index, isLost: isLost, now: now)
        return try await compare()
    }

    private mutating func open(_ index: Int) async throws -> String? {
        let call = model.calls[index]
        let age = min(pick(3) * 400, now - CallSchedule.start)
        var plan = call.plan
        // Another day by the clock of the daemon: that of the admission counts.
        plan.day = TestCalls.day
        let record = CallRecord(
            name: call.name, plan: plan, upstreamID: "rtc_\(index)", upstreamHost: "h",
            key: KeyPrint(ofKey: "k"), openedAt: at(now - age))
        let made = SharedCall(record, taken: taken[index] ?? .nothing)
        let isOpen = try await calls(pick(2)).open(made, now: at(now))
        if isOpen == model.hasLapsed(call) { return "open: \(isOpen)" }
        guard isOpen else { return nil }
        model.open(index, at: now - age, now: now)
        shared[index] = made
        return try await calls(0).open(made, now: at(now)) ? "opened twice" : nil
    }

    private mutating func renew(_ index: Int) async throws -> String? {
        let isOwn = pick(5) > 0
        let expected = model.renew(index, isOwn: isOwn, now: now)
        let renewal = try await calls(pick(2)).renew(
            model.calls[index].name, isOwn ? TestCalls.ann : TestCalls.bob)
        return renewal == expected ? nil : "\(renewal) instead of \(expected)"
    }

    private mutating func claim(_ index: Int, _ reason: CallEndReason?) async throws -> String? {
        let daemon = pick(2)
        let call = model.calls[index]
        let expected = model.claim(index, reason, by: daemon, now: now)
        switch (try await calls(daemon).claim(call.name, reason, now: at(now)), expected) {
        case (.unknown, .unknown), (.ended, .ended): return nil
        case (.wait(let wait), .wait(let rest)) where wait == .milliseconds(rest): return nil
        case (.claimed(let claimed, let first, let isGivenUp), .claimed(let reason, let isOver))
        where first == reason && isGivenUp == isOver:
            var plan = call.plan
            // The address is nobody's business but the limits'.
            plan.client = nil
            if claimed.record.plan != plan || claimed.record.upstreamID != "rtc_\(index)" { return "another record" }
            shared[index] = claimed
            return nil
        case (let claim, let expected): return "\(claim) instead of \(expected)"
        }
    }

    private mutating func failed(_ index: Int) async throws -> String? {
        let daemon = pick(2)
        for _ in 0..<2 { calls(daemon).failed(model.calls[index].name) }
        model.failed(index, by: daemon, now: now)
        return nil
    }

    private mutating func end(_ index: Int) async throws -> String? {
        guard let call = shared[index] else { return nil }
        let before = model.calls[index]
        let seconds = pick(3) == 0 ? pick(4_000) : nil
        let (isConfirmed, isForgotten) = (now < before.givenUp, model.isForgotten(before))
        let daemon = pick(2)
        let settlement = try await calls(daemon).end(
            call, before.ending?.reason ?? .deadline, isConfirmed: isConfirmed,
            reportedSeconds: isConfirmed ? seconds : nil, now: at(now))
        switch settlement {
        case .forgotten: return isForgotten ? nil : "forgotten"
        case .settledBefore:
            return before.ended != nil && settledBy[index] != daemon && !isForgotten ? nil : "settled before"
        // Its first reply may have been lost.
        case .settled where settledBy[index] == daemon && !isForgotten: return nil
        case .settled(let settlement):
            if before.ended != nil || isForgotten { return "settled twice" }
            if before.ending == nil { model.end(index, .deadline, now: now) }
            model.over(index, seconds: isConfirmed ? seconds : nil, isConfirmed: isConfirmed, now: now)
            settledBy[index] = daemon
            let spent = model.calls[index].ended?.spent ?? 0
            return settlement.spent.micros == spent ? nil : "spent \(settlement.spent)"
        }
    }

    /// The operator ends everybody's calls.
    private mutating func stop() async throws -> String? {
        let (daemon, all) = (pick(2), model.calls)
        let open = all.indices.filter { all[$0].isOpen && !model.isForgotten(all[$0]) }
        let stopped = try await calls(daemon).all.stop(all.map(\.name), .byOperator, now: at(now))
        for index in open { _ = model.claim(index, .byOperator, by: daemon, now: now) }
        for (index, call) in zip(open, stopped) { shared[index] = call }
        return stopped.map(\.record.name) == open.map { all[$0].name } ? nil : "\(stopped.count) were stopped"
    }

    /// What a daemon does every five seconds.
    private mutating func sweep() async throws -> String? {
        let names = Set(try await calls(pick(2)).overdue().names)
        let forgotten = Set(expired.map { model.calls[$0].name })
        let expected = Set(model.lasting.filter { $0.due <= now }.map(\.name))
        return names.subtracting(forgotten) == expected ? nil : "\(names.count) are due instead of \(expected.count)"
    }

    /// Ends everything as daemons do; then every call has ended once, and nothing is left but the days' amounts.
    private mutating func finish() async throws -> String? {
        for index in model.calls.indices where model.calls[index].isCreating {
            if let difference = try await undo(index, isLost: false) { return "at the end: \(difference)" }
        }
        var rounds = 0
        while let next = model.lasting.map(\.due).min() {
            try await move(by: max(0, next - now))
            if let difference = try await sweep() { return "at the end: \(difference)" }
            for name in try await calls(1).overdue().names {
                guard let index = model.calls.firstIndex(where: { $0.name == name }) else { return "unknown call" }
                if let difference = try await claim(index, nil) { return "at the end: \(difference)" }
                if let difference = try await end(index) { return "at the end: \(difference)" }
            }
            rounds += 1
            if rounds > 200 { return "calls do not end" }
        }
        if let difference = try await compare() { return "at the end: \(difference)" }
        for index in model.calls.indices where shared[index] != nil && settledBy[index] == nil {
            guard expired.contains(index) else { return "call \(index) was not settled" }
        }
        try await move(by: 8_000_000)
        return try await compare()
    }

    /// All that Redis counts, compared with what the model derives.
    private func compare() async throws -> String? {
        let lines = try await client.countedLines(at: now).sorted()
        let expected = model.countedLines(limits, quotas).sorted()
        return lines == expected ? nil : "\(lines) instead of \(expected)"
    }
}

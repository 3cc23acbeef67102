package import Locking
package import Sessions

/// Where limits and quotas are counted: the memory of this process, or Redis, in which several processes count together.
package struct Admission: Sendable {
    /// Decides on a request, and counts it when it is admitted.
    package var admit: @Sendable (AdmissionClaim) -> Step<LimitVerdict>
    /// Takes back the quotas' part of an admission if minting fails. What the limits counted stays counted.
    package var giveBack: @Sendable (QuotaReceipt) -> Void

    /// From two closures; `inMemory` and `inRedis` make those that the program uses.
    package init(
        admit: @escaping @Sendable (AdmissionClaim) -> Step<LimitVerdict>,
        giveBack: @escaping @Sendable (QuotaReceipt) -> Void
    ) {
        self.admit = admit
        self.giveBack = giveBack
    }

    /// Counts in the memory of this process.
    package static func inMemory(_ counts: Locked<AdmissionCounts>, surroundings: Surroundings) -> Admission {
        Admission(
            admit: { claim in
                let now = surroundings.monotonicNanoseconds()
                let unixMilliseconds = surroundings.unixMilliseconds()
                return .now(counts.withLock { $0.admit(claim, now: now, unixMilliseconds: unixMilliseconds) })
            },
            giveBack: { taken in
                counts.withLock { $0.ledger.giveBack(taken.checks, on: taken.day) }
            })
    }

    /// Counts in Redis; while Redis is away, the stand-in decides.
    /// - Parameters:
    ///   - standIn: counts what Redis admits as well, so that it does not begin with nothing when it is needed; nil to
    ///     refuse every request while Redis is away.
    ///   - report: gets the result of each call: why Redis did not decide; nil when it did.
    package static func inRedis(
        _ counts: RedisCounts, standIn: Admission?, report: @escaping @Sendable (RedisCountsFailure?) -> Void
    ) -> Admission {
        Admission(
            admit: { claim in
                guard !claim.isEmpty else { return .now(.admitted(closest: nil)) }
                return .later {
                    do throws(Refusal) {
                        return .success(try await verdict(on: claim, in: counts, standIn: standIn, report))
                    } catch {
                        return .failure(error)
                    }
                }
            },
            giveBack: { taken in
                guard !taken.checks.isEmpty else { return }
                if taken.isInRedis { counts.giveBack(taken) }
                if taken.isInMemory { standIn?.giveBack(taken) }
            })
    }

    private static func verdict(
        on claim: AdmissionClaim, in counts: RedisCounts, standIn: Admission?,
        _ report: @Sendable (RedisCountsFailure?) -> Void
    ) async throws(Refusal) -> LimitVerdict {
        let verdict: LimitVerdict
        do throws(RedisCountsFailure) {
            verdict = try await counts.admit(claim)
        } catch {
            report(error)
            return try await standIn?.admit(claim).value ?? .unavailable
        }
        report(nil)
        guard case .admitted(let closest, let taken) = verdict, let standIn else { return verdict }
        // It counts a part of what Redis does, by another clock: it may refuse, and then it took nothing.
        let isInMemory = if case .admitted = try await standIn.admit(claim).value { true } else { false }
        let both = QuotaReceipt(checks: taken.checks, day: taken.day, isInRedis: true, isInMemory: isInMemory)
        return .admitted(closest: closest, taken: both)
    }
}

/// The limits and quotas that one request has to pass. All of them count it, or none.
package struct AdmissionClaim: Sendable {
    /// The limits, each with whom it counts.
    package let limits: LimitChecks
    /// The quotas, in the order in which they are checked.
    package let quotas: [QuotaCheck]

    /// Empty checks are passed by every request.
    package init(limits: LimitChecks, quotas: [QuotaCheck]) {
        self.limits = limits
        self.quotas = quotas
    }

    /// Whether there is nothing to pass.
    fileprivate var isEmpty: Bool { limits.count == 0 && quotas.isEmpty }
}

/// The counts of limits and quotas in the memory of this process. It has neither clock nor lock.
package struct AdmissionCounts: Sendable {
    private var limiter: RateLimiter
    /// What the quotas have counted.
    package var ledger: QuotaLedger

    /// By default nothing is counted; at the start of the daemon the ledger comes from the usage log.
    package init(limiter: RateLimiter = RateLimiter(), ledger: QuotaLedger = QuotaLedger()) {
        self.limiter = limiter
        self.ledger = ledger
    }

    /// The number of keys that the limits can remember.
    package var limitCapacity: Int { limiter.capacity }

    /// How many requests of the limit's burst are taken at this moment.
    /// - Parameter now: nanoseconds on a monotonic clock.
    func requestsTaken(by check: LimitCheck, now: UInt64) -> Int { limiter.requestsTaken(by: check, now: now) }

    /// How many keys owe something to a limit. The table is read in pieces, so that no request waits for all of it.
    /// - Parameter now: nanoseconds on a monotonic clock.
    package static func limitKeysHeld(by counts: Locked<AdmissionCounts>, now: UInt64) -> Int {
        let piece = 4_096
        return stride(from: 0, to: counts.withLock(\.limitCapacity), by: piece).reduce(0) { held, start in
            held + counts.withLock { $0.limiter.held(in: start..<start + piece, now: now) }
        }
    }

    /// Decides on one request, and counts it when it is admitted. Quotas are checked first, because their wait is longer.
    /// - Parameters:
    ///   - now: nanoseconds on a monotonic clock, for the limits.
    ///   - unixMilliseconds: the wall clock, whose days the quotas go by.
    package mutating func admit(_ claim: AdmissionClaim, now: UInt64, unixMilliseconds: Int64) -> LimitVerdict {
        let day = Day(unixMilliseconds: unixMilliseconds)
        let wait = Day.untilNext(unixMilliseconds: unixMilliseconds)
        if let reached = ledger.quotaReached(of: claim.quotas, on: day, wait: wait) { return .refused(reached) }
        let verdict = limiter.admit(claim.limits, now: now)
        guard case .admitted(let closest, _) = verdict else { return verdict }
        ledger.take(claim.quotas, on: day, today: day)
        return .admitted(closest: closest, taken: QuotaReceipt(checks: claim.quotas, day: day))
    }

    /// Decides on one request for a call, as Redis does: quotas, then slots, then limits. When all of them admit it, it is
    /// counted, and the book has it.
    /// - Parameters:
    ///   - plan: its day is that of the wall clock in the book.
    ///   - now: nanoseconds on a monotonic clock, for the limits.
    ///   - unixMilliseconds: the wall clock, whose days the quotas go by.
    package mutating func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima, in book: inout CallBook,
        now: UInt64, unixMilliseconds: Int64
    ) -> CallAdmission {
        if let full = book.full(for: plan, within: maxima) {
            let day = Day(unixMilliseconds: unixMilliseconds)
            let wait = Day.untilNext(unixMilliseconds: unixMilliseconds)
            return ledger.quotaReached(of: claim.quotas, on: day, wait: wait).map { .refused($0) } ?? .full(full)
        }
        switch admit(claim, now: now, unixMilliseconds: unixMilliseconds) {
        case .refused(let reached): return .refused(reached)
        case .unavailable: preconditionFailure("the memory of the process is there")
        case .admitted(let closest, let taken):
            var plan = plan
            plan.day = taken.day
            let full = book.reserve(name, plan, within: maxima)
            precondition(full == nil, "a slot was free, and nobody else has the book")
            return .admitted(closest: closest, taken: taken)
        }
    }
}

extension Day {
    /// The length of a day; Unix time has no leap seconds.
    fileprivate static let milliseconds: Int64 = 86_400_000

    /// How long the day of a point of time still lasts.
    fileprivate static func untilNext(unixMilliseconds: Int64) -> Duration {
        .milliseconds(milliseconds - unixMilliseconds.modulo(milliseconds))
    }

    /// The day of a point of time.
    package init(unixMilliseconds: Int64) {
        self.init(unixSeconds: Int((unixMilliseconds - unixMilliseconds.modulo(Day.milliseconds)) / 1_000))
    }
}

extension Int64 {
    /// The remainder of a division, never negative.
    fileprivate func modulo(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

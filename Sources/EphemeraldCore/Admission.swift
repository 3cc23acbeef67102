package import Locking
package import Sessions

/// What a request has to pass: all of it, or none of it counts the request.
package struct AdmissionClaim: Sendable {
    package let limits: LimitChecks
    package let quotas: [QuotaCheck]

    package init(limits: LimitChecks, quotas: [QuotaCheck]) {
        self.limits = limits
        self.quotas = quotas
    }
}

/// What limits and quotas say about a request.
package enum AdmissionDecision: Sendable {
    /// All of them admit the request, and it is counted.
    /// - Parameters:
    ///   - closest: how the limit stands that admits the fewest further requests; nil when none is in force.
    ///   - taken: what to give back when no token comes of it.
    case admitted(closest: LimitStanding?, taken: QuotaReceipt)
    /// A limit does not admit it.
    case limited(LimitStanding)
    /// A quota does not admit it.
    case exhausted(QuotaExhaustion)
    /// Nobody can say: what counts is away, and nothing stands in for it.
    case unavailable
}

/// What was taken from the quotas for one request, and on which day.
package struct QuotaReceipt: Hashable, Sendable {
    package let checks: [QuotaCheck]
    package let day: Day
    /// Whether it was taken from what several processes share.
    package let isShared: Bool
    /// Whether it was taken from the memory of this process; both may be true.
    package let isLocal: Bool

    package init(checks: [QuotaCheck], day: Day, isShared: Bool = false, isLocal: Bool = true) {
        self.checks = checks
        self.day = day
        self.isShared = isShared
        self.isLocal = isLocal
    }
}

/// A quota that admits no more today.
package struct QuotaExhaustion: Hashable, Sendable {
    package let check: QuotaCheck
    /// Until the next day begins in UTC.
    package let wait: Duration
    /// Whether there is only no place left to count in.
    package let isFull: Bool

    package init(check: QuotaCheck, wait: Duration, isFull: Bool) {
        self.check = check
        self.wait = wait
        self.isFull = isFull
    }
}

/// Where limits and quotas are counted: the memory of this process, or what several processes share.
package struct Admission: Sendable {
    /// Decides on a request, and counts it when it is admitted.
    package var admit: @Sendable (AdmissionClaim) async -> AdmissionDecision
    /// Takes back the quotas' part of an admission that no token came of. What the limits counted stays counted.
    package var giveBack: @Sendable (QuotaReceipt) async -> Void

    package init(
        admit: @escaping @Sendable (AdmissionClaim) async -> AdmissionDecision,
        giveBack: @escaping @Sendable (QuotaReceipt) async -> Void
    ) {
        self.admit = admit
        self.giveBack = giveBack
    }

    /// In the memory of this process.
    package static func inMemory(_ counts: Locked<AdmissionCounts>, surroundings: Surroundings) -> Admission {
        Admission(
            admit: { claim in
                let now = surroundings.monotonicNanoseconds()
                let unixMilliseconds = surroundings.unixMilliseconds()
                return counts.withLock { $0.admit(claim, now: now, unixMilliseconds: unixMilliseconds) }
            },
            giveBack: { taken in
                counts.withLock { $0.ledger.giveBack(taken.checks, on: taken.day) }
            })
    }
}

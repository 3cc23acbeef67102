package import Locking

/// Where limits and quotas are counted: the memory of this process, or what several processes share.
package struct Admission: Sendable {
    /// Decides on a request, and counts it when it is admitted.
    package var admit: @Sendable (AdmissionClaim) async -> AdmissionDecision
    /// Takes back the quotas' part of an admission that no token came of. What the limits counted stays counted.
    package var giveBack: @Sendable (QuotaReceipt) async -> Void

    /// From the two closures themselves: `inMemory` and `shared` make the ones that there are.
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

package import Locking
import Sessions

/// Where limits and quotas are counted: the memory of this process, or what several processes share.
package struct Admission: Sendable {
    /// Decides on a request, and counts it when it is admitted.
    package var admit: @Sendable (AdmissionClaim) async -> AdmissionDecision
    /// Takes back the quotas' part of an admission if minting fails. What the limits counted stays counted.
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

/// What a request has to pass: all of it, or none of it counts the request.
package struct AdmissionClaim: Sendable {
    /// Each with whom it counts.
    package let limits: LimitChecks
    /// In the order in which they are looked at.
    package let quotas: [QuotaCheck]

    /// Empty checks are passed by every request.
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

extension Admission {
    /// In Redis; while it is away, whatever stands in for it decides.
    /// - Parameters:
    ///   - standIn: counts what Redis admits as well, so that it does not begin with nothing when it is needed; nil to
    ///     refuse everybody while Redis is away.
    ///   - report: told of each outcome: why Redis did not decide; nil when it did.
    package static func shared(
        _ counts: SharedCounts, standIn: Admission?, report: @escaping @Sendable (SharedCountsFailure?) -> Void
    ) -> Admission {
        Admission(
            admit: { claim in
                guard !claim.isEmpty else {
                    return .admitted(closest: nil, taken: QuotaReceipt(checks: [], day: Day(unixSeconds: 0)))
                }
                do throws(SharedCountsFailure) {
                    let decision = try await counts.admit(claim)
                    report(nil)
                    guard case .admitted(let closest, let taken) = decision, let standIn else { return decision }
                    // It counts a part of what Redis does, by another clock: it may refuse, and then it took nothing.
                    let isLocal = if case .admitted = await standIn.admit(claim) { true } else { false }
                    let both = QuotaReceipt(checks: taken.checks, day: taken.day, isShared: true, isLocal: isLocal)
                    return .admitted(closest: closest, taken: both)
                } catch {
                    report(error)
                    return await standIn?.admit(claim) ?? .unavailable
                }
            },
            giveBack: { taken in
                guard !taken.checks.isEmpty else { return }
                if taken.isShared { counts.giveBack(taken) }
                if taken.isLocal { await standIn?.giveBack(taken) }
            })
    }
}

extension AdmissionClaim {
    /// Whether there is nothing to pass.
    fileprivate var isEmpty: Bool { limits.count == 0 && quotas.isEmpty }
}

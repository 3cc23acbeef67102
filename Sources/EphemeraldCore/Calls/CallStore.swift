package import Locking
import Sessions

/// Where the routes keep calls: in the memory of this process, or in a Redis that several daemons share.
package protocol CallStore: Sendable {
    /// The calls that this process has created.
    var keeper: CallKeeper { get }

    /// Counts a request for a call under limits and quotas, and takes its slots: all of it or nothing.
    func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima
    ) -> Step<CallAdmission>

    /// Takes an admission back: the call was not created, or its answer was lost. What the limits counted stays counted.
    /// - Parameter isLost: whether the upstream may have created it, and bills for that.
    func undo(_ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, isLost: Bool)

    /// The upstream has created the call: its time and its lease begin.
    /// - Returns: nil when it cannot be recorded; it is then being ended, and its answer must not leave.
    func open(
        _ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, upstreamID: String, upstreamHost: String,
        key: KeyPrint
    ) async -> CallRecord?

    /// Renews the lease of a call, for its owner.
    func renew(_ name: CallName, _ binding: CallBinding) -> Step<CallRenewal>

    /// Begins to end a call, for a client that has its id.
    /// - Returns: whether there is such a call, or was one lately.
    func end(_ name: CallName) -> Step<Bool>
}

/// Calls in the memory of this process.
package struct CallsInMemory: CallStore {
    package let keeper: CallKeeper
    private let counts: Locked<AdmissionCounts>
    private let surroundings: Surroundings

    /// - Parameter counts: what the limits and quotas have counted.
    package init(_ keeper: CallKeeper, counting counts: Locked<AdmissionCounts>, surroundings: Surroundings) {
        self.keeper = keeper
        self.counts = counts
        self.surroundings = surroundings
    }

    package func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima
    ) -> Step<CallAdmission> {
        .now(
            keeper.admit(
                name, plan, claim, within: maxima, counting: counts,
                unixMilliseconds: surroundings.unixMilliseconds()))
    }

    package func undo(_ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, isLost: Bool) {
        guard let back = keeper.undo(name, isLost: isLost) else { return }
        counts.withLock { counts in
            counts.ledger.giveBack(taken.checks.filter { !$0.dimension.isMoney }, on: taken.day)
            counts.ledger.giveBack(Int(back.micros), to: taken.checks.filter(\.dimension.isMoney), on: taken.day)
        }
    }

    package func open(
        _ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, upstreamID: String, upstreamHost: String,
        key: KeyPrint
    ) async -> CallRecord? {
        keeper.open(name, upstreamID: upstreamID, upstreamHost: upstreamHost, key: key)
    }

    package func renew(_ name: CallName, _ binding: CallBinding) -> Step<CallRenewal> {
        .now(keeper.renew(name, binding))
    }

    package func end(_ name: CallName) -> Step<Bool> {
        .now(keeper.end(name, .client))
    }
}

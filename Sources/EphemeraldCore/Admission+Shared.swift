import Sessions

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

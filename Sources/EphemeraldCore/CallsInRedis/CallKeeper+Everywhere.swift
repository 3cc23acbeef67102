/// All calls, also those that other daemons have created, where several share them in Redis. While Redis is away these are
/// the calls of this process.
///
/// On the loop that ends calls.
extension CallKeeper {
    /// Whether other daemons share their calls with this one.
    var isShared: Bool { peers != nil }

    /// Lets go of calls of this daemon that another one has ended: nothing else would tell before their leases are over.
    package func review() async {
        guard let peers else { return }
        for name in await peers.endedElsewhere() { end(name, .lease) }
    }

    /// The calls that are open or ending, in no order, and whether those of other daemons are among them.
    package func listingEverywhere() async -> (calls: [CallListing], isComplete: Bool) {
        let own = listing()
        guard let peers else { return (own, true) }
        guard let shared = try? await peers.listing() else { return (own, false) }
        // Redis knows of a call how it was renewed elsewhere; the keeper since when it is ending, and what Redis forgot.
        let names = Set(shared.map(\.record.name))
        let better = own.filter { $0.reason != nil || !names.contains($0.record.name) }
        let replaced = Set(better.map(\.record.name))
        return (better + shared.filter { !replaced.contains($0.record.name) }, true)
    }

    /// Begins to end the open calls that the condition selects.
    /// - Returns: how many there were, and whether all those of other daemons are among them.
    package func endEverywhere(
        _ reason: CallEndReason, where isSelected: (CallListing) -> Bool
    ) async -> (count: Int, isComplete: Bool) {
        let count = endAll(reason, where: isSelected)
        guard let peers else { return (count, true) }
        let others = await peers.endAll(reason, where: isSelected)
        return (count + others.count, others.isComplete)
    }
}

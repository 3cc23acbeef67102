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
        for name in await peers.endedElsewhere() { letGo(name) }
    }

    /// The calls that are open or ending, in no order, and why some of other daemons are missing; nil when none is.
    package func listingEverywhere() async -> (calls: [CallListing], gap: CallGap?) {
        let own = listing()
        guard let peers else { return (own, nil) }
        guard let (shared, gap) = try? await peers.listing() else { return (own, .away) }
        // Redis knows of a call how it was renewed elsewhere; the keeper since when it is ending, and what Redis forgot.
        let names = Set(shared.map(\.record.name))
        let better = own.filter { $0.reason != nil || !names.contains($0.record.name) }
        let replaced = Set(better.map(\.record.name))
        return (better + shared.filter { !replaced.contains($0.record.name) }, gap)
    }

    /// Begins to end the open calls that the condition selects.
    /// - Parameter name: of the only call that it may be about; nil for several.
    /// - Returns: how many there were, and why some of other daemons may be missing; nil when none is.
    package func endEverywhere(
        _ reason: CallEndReason, named name: CallName? = nil, where isSelected: (CallListing) -> Bool
    ) async -> (count: Int, gap: CallGap?) {
        let count = endAll(reason, where: isSelected)
        guard let peers, name == nil || count == 0 else { return (count, nil) }
        let others = await peers.endAll(reason, named: name, where: isSelected)
        return (count + others.count, others.gap)
    }
}

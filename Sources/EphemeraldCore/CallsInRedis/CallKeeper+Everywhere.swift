/// All calls, also those that other daemons have created, where several share them in Redis. While Redis is away these are
/// the calls of this process.
///
/// On the loop that ends calls.
extension CallKeeper {
    /// Whether other daemons share their calls with this one.
    var isShared: Bool { peers != nil }

    /// The calls that are open or ending, in no order.
    package func listingEverywhere() async -> [CallListing] {
        let own = listing()
        guard let peers, let shared = try? await peers.listing() else { return own }
        // Redis knows of a call how it was renewed elsewhere; the keeper since when it is ending, and what Redis forgot.
        let names = Set(shared.map(\.record.name))
        let better = own.filter { $0.reason != nil || !names.contains($0.record.name) }
        let replaced = Set(better.map(\.record.name))
        return better + shared.filter { !replaced.contains($0.record.name) }
    }

    /// Begins to end the open calls that the condition selects.
    /// - Returns: how many there were.
    package func endEverywhere(_ reason: CallEndReason, where isSelected: (CallListing) -> Bool) async -> Int {
        var count = endAll(reason, where: isSelected)
        guard let peers, let shared = try? await peers.listing() else { return count }
        for call in shared where isSelected(call) {
            if await peers.end(call, reason) { count += 1 }
        }
        return count
    }
}

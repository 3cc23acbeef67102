/// The overdue calls of daemons that have vanished.
extension CallPeers {
    /// How many pages of overdue calls a sweep looks at.
    private static let pages = 16

    /// Ends the calls of other daemons that are overdue. Leases are spared right after the start too: Redis may have been
    /// away before.
    ///
    /// Calls that cannot be ended now, for lack of a place or because this daemon cannot read them, hide none: the next
    /// page, in this sweep or the next one, begins after them.
    package func sweep() async {
        for _ in 0..<CallPeers.pages {
            let passedOver = passedOver
            do throws(RedisCountsFailure) {
                let (names, unreadable) = try await calls.overdue(after: passedOver)
                let left = try await sweep(names) + unreadable
                let isLast = names.count + unreadable < SharedCallList.page
                self.passedOver = isLast ? 0 : passedOver + left
                if isLast { return }
            } catch {
                return
            }
        }
    }

    /// - Returns: how many of these overdue calls stay so.
    private func sweep(_ names: [CallName]) async throws(RedisCountsFailure) -> Int {
        let others = names.filter { !isOwn($0) && !isEnding($0) }
        guard !others.isEmpty else { return names.count }
        let (listing, unreadable) = try await look(at: others)
        var left = names.count - others.count
        for name in others {
            let now = surroundings.monotonicNanoseconds()
            // A claim keeps other daemons away, which may have a place.
            let mayNot = listing.first { $0.record.name == name }.map { !mayEnd($0, now: now) }
            if mayNot ?? unreadable.contains(name) {
                left += 1
                continue
            }
            // Also where there is no call any more: then the claim removes what is left of it.
            if case .claimed(let call, let reason, let isGivenUp) = try await calls.claim(name, nil, now: now) {
                end(call, reason, isGivenUp: isGivenUp)
            }
        }
        return left
    }

    /// What there is to see of some calls. Those that this daemon cannot read are reported.
    func look(
        at names: [CallName]
    ) async throws(RedisCountsFailure) -> (calls: [CallListing], unreadable: [CallName]) {
        let found = try await calls.all.look(at: names, now: surroundings.monotonicNanoseconds())
        if let name = found.unreadable.first { outlets.reportUnreadable(name) }
        return found
    }

    /// Whether this daemon may end an overdue call of another now.
    private func mayEnd(_ call: CallListing, now: UInt64) -> Bool {
        let isOfLease = call.reason == nil && call.secondsLeft > 0
        if isOfLease, isSparing != nil || now < began + CallPeers.spared { return false }
        return outlets.places.hasFree(call.record.plan.type)
    }
}

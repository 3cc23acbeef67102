/// The calls of all daemons, for an operator.
extension CallPeers {
    /// The calls of all daemons that are open or ending, in no order.
    func listing() async throws(RedisCountsFailure) -> [CallListing] {
        let all = calls.all
        var listing: [CallListing] = []
        for names in try await all.pages() {
            listing += try await all.look(at: names, now: surroundings.monotonicNanoseconds())
        }
        return listing
    }

    /// Begins to end the open calls of other daemons that the condition selects.
    /// - Returns: how many there were, and whether Redis answered to the end.
    func endAll(
        _ reason: CallEndReason, where isSelected: (CallListing) -> Bool
    ) async -> (count: Int, isComplete: Bool) {
        let all = calls.all
        var count = 0
        do throws(RedisCountsFailure) {
            for page in try await all.pages() {
                let listing = try await all.look(at: page, now: surroundings.monotonicNanoseconds())
                let names = listing.filter { $0.reason == nil && isSelected($0) }.map(\.record.name)
                    .filter { !isOwn($0) && !isEnding($0) }
                if names.isEmpty { continue }
                let now = surroundings.monotonicNanoseconds()
                for call in try await all.stop(names, reason, now: now) {
                    end(call, reason, isGivenUp: call.record.givenUp <= Int64(now), waits: true)
                    count += 1
                }
            }
        } catch {
            return (count, false)
        }
        return (count, true)
    }
}

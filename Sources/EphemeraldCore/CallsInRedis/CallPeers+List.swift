/// Why calls of other daemons are missing in a list.
package enum CallGap: Hashable, Sendable {
    /// Redis did not answer.
    case away
    /// This daemon cannot read some of the calls in Redis.
    case unreadable
}

/// The calls of all daemons, for an operator.
extension CallPeers {
    /// The calls of all daemons that are open or ending, in no order, and why some are missing; nil when none is.
    func listing() async throws(RedisCountsFailure) -> (calls: [CallListing], gap: CallGap?) {
        var (listing, gap): ([CallListing], CallGap?) = ([], nil)
        for names in try await calls.all.pages() {
            let (calls, unreadable) = try await look(at: names)
            listing += calls
            if !unreadable.isEmpty { gap = .unreadable }
        }
        return (listing, gap)
    }

    /// Begins to end the open calls of other daemons that the condition selects.
    /// - Parameter name: of the only call that it may be about; nil to ask for all of them.
    /// - Returns: how many there were, and why some may be missing.
    func endAll(
        _ reason: CallEndReason, named name: CallName?, where isSelected: (CallListing) -> Bool
    ) async -> (count: Int, gap: CallGap?) {
        let all = calls.all
        var (count, gap): (Int, CallGap?) = (0, nil)
        do throws(RedisCountsFailure) {
            let pages = if let name { [[name]] } else { try await all.pages() }
            for page in pages {
                let (listing, unreadable) = try await look(at: page)
                if !unreadable.isEmpty { gap = .unreadable }
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
            return (count, .away)
        }
        return (count, gap)
    }
}

import Locking
import Synchronization

/// Which keys rest, because the upstream refused them or their account is used up. All loops share it.
///
/// A key that rests is passed over until its rest is over. Then one request tries it, and if it is refused again, the
/// next rest is twice as long. While all keys rest, requests try the one that was tried longest ago, so that a key that
/// works again is found at once; after many refusals in a row only one request every two seconds does.
package final class KeyRests: Sendable {
    /// The first rest of a key, and the longest.
    static let shortest = Duration.seconds(30)
    static let longest = Duration.seconds(600)
    /// Refusals in a row while all keys rest, after which they are tried only now and then.
    static let patience = 20
    /// The time between two tries after that.
    static let pause = Duration.seconds(2)

    private struct Rest: Sendable {
        /// The latest one.
        var refusal: Refusal
        var length = KeyRests.shortest
        var ends: UInt64
        /// When it was tried last.
        var tried: UInt64
        /// When it was refused last.
        var refused: UInt64
        /// Whether its rest was over, and nobody knows yet whether it works again.
        var isOnTrial = false
    }

    private struct State: Sendable {
        var rests: [KeyPrint: Rest] = [:]
        var refusedInARow = 0
        var lastTry: UInt64 = 0
        /// The keys of the settings in force.
        var keys: [UpstreamKey] = []
    }

    private let state = Locked(State())
    private let isAny = Atomic(false)
    private let emergencies: Emergencies

    init(_ emergencies: Emergencies) {
        self.emergencies = emergencies
    }

    /// The key that a request tries first.
    /// - Parameters:
    ///   - keys: at least one.
    ///   - now: nanoseconds on the monotonic clock.
    /// - Throws: the last refusal, when all keys rest and no more requests may try them at the moment.
    func first(of keys: [UpstreamKey], now: UInt64) throws(Refusal) -> UpstreamKey {
        guard isAny.load(ordering: .relaxed) else { return keys[0] }
        return try state.withLock { state throws(Refusal) in
            if let key = KeyRests.choose(among: keys[...], &state, now: now) { return key }
            let resting = keys.compactMap { key in state.rests[key.print].map { (key: key, rest: $0) } }
            guard let last = resting.max(by: { $0.rest.tried < $1.rest.tried }),
                let next = resting.min(by: { $0.rest.tried < $1.rest.tried })
            else { return keys[0] }
            if state.refusedInARow >= KeyRests.patience, now < state.lastTry + KeyRests.pause.nanoseconds {
                throw last.rest.refusal
            }
            state.lastTry = now
            state.rests[next.key.print]?.tried = now
            return next.key
        }
    }

    /// The key that a request tries after one that was refused; nil when none is left.
    func next(after key: UpstreamKey, of keys: [UpstreamKey], now: UInt64) -> UpstreamKey? {
        state.withLock { KeyRests.choose(among: keys.dropFirst(key.place), &$0, now: now) }
    }

    /// The first key that does not rest, or whose rest is over: it is then tried by this request only.
    private static func choose(
        among keys: ArraySlice<UpstreamKey>, _ state: inout State, now: UInt64
    ) -> UpstreamKey? {
        for key in keys {
            guard let rest = state.rests[key.print] else { return key }
            guard now >= rest.ends else { continue }
            state.rests[key.print]?.isOnTrial = true
            state.rests[key.print]?.tried = now
            state.rests[key.print]?.ends = now + rest.length.nanoseconds
            return key
        }
        return nil
    }

    /// The upstream refused a key, or its account is used up.
    /// - Parameter keys: all keys of the request.
    func refused(
        _ key: UpstreamKey, of keys: [UpstreamKey], _ refusal: Refusal, requestID: RequestID, now: UInt64
    ) {
        let result: (isLast: Bool, isAnother: Bool)? = state.withLock { state in
            // A request of before a reload may have had a key that is gone.
            guard state.keys.isEmpty || state.keys.contains(where: { $0.print == key.print }) else { return nil }
            var rest = state.rests[key.print] ?? Rest(refusal: refusal, ends: now, tried: now, refused: now)
            let isAnother = rest.refusal != refusal
            (rest.refusal, rest.refused) = (refusal, now)
            if rest.isOnTrial { rest.length = min(rest.length * 2, KeyRests.longest) }
            // Requests that were under way when the rest began do not prolong it.
            if rest.isOnTrial || rest.ends <= now { rest.ends = now + rest.length.nanoseconds }
            rest.isOnTrial = false
            state.rests[key.print] = rest
            isAny.store(true, ordering: .relaxed)
            let isLast = keys.allSatisfy { state.rests[$0.print] != nil }
            if isLast { state.refusedInARow += 1 }
            return (isLast, isAnother)
        }
        guard let result else { return }
        let consequence =
            result.isLast
            ? "no other key is left, so tokens and calls are refused until one works"
            : "other keys serve, and this one is tried again by itself"
        let message =
            refusal == .upstreamQuota
            ? "the OpenAI account of the API key is used up (\(key.name)): add credit, or add a key of another account"
            : "OpenAI does not accept the API key (\(key.name)): write a valid one to OPENAI_API_KEY or OPENAI_API_KEY_FILE"
        emergencies.begin(
            .key, about: "\(key.print)", "\(refusal.code): \(message); \(consequence)", isAnother: result.isAnother,
            of: requestID, now: now)
    }

    /// The upstream failed, so nobody knows whether a key works. If its rest was over, another request may try it.
    func learnedNothing(about key: UpstreamKey, now: UInt64) {
        guard isAny.load(ordering: .relaxed) else { return }
        state.withLock { state in
            if state.rests[key.print]?.isOnTrial == true { state.rests[key.print]?.ends = now }
        }
    }

    /// The upstream accepted a key. That ends no rest that began after the request was sent: a key that is revoked, or
    /// whose account is used up, is refused while answers to earlier requests still arrive.
    /// - Parameter sent: when the request was sent.
    func worked(_ key: UpstreamKey, sent: UInt64, now: UInt64) {
        // The emergency begins after the rest: another loop may end the rest between the two.
        guard isAny.load(ordering: .relaxed) || emergencies.isAny else { return }
        let isOld = state.withLock { state in
            if let rest = state.rests[key.print], sent < rest.refused { return true }
            state.refusedInARow = 0
            state.rests[key.print] = nil
            isAny.store(!state.rests.isEmpty, ordering: .relaxed)
            return false
        }
        if isOld { return }
        emergencies.end(.key, about: "\(key.print)", "the API key (\(key.name)) works again", now: now)
    }

    /// These keys are in force from now on. Those that rest are tried at once, because somebody may have acted.
    package func adopt(_ keys: [UpstreamKey], now: UInt64) {
        let gone = state.withLock { state in
            let prints = Set(keys.map(\.print))
            let gone = state.rests.keys.filter { !prints.contains($0) }
            state.keys = keys
            state.refusedInARow = 0
            state.rests = state.rests.filter { prints.contains($0.key) }
            for print in state.rests.keys { state.rests[print]?.ends = now }
            isAny.store(!state.rests.isEmpty, ordering: .relaxed)
            return gone
        }
        for print in gone {
            emergencies.end(.key, about: "\(print)", "the API key (\(print)) is no longer in the settings", now: now)
        }
    }

    /// The keys in force, in their order.
    package var keys: [UpstreamKey] { state.withLock(\.keys) }

    /// Why a key rests, and for how long at most; nil for a key that does not rest.
    package func rest(of print: KeyPrint, now: UInt64) -> (refusal: Refusal, left: Duration)? {
        state.withLock { $0.rests[print] }.map { ($0.refusal, .nanoseconds(max($0.ends, now) - now)) }
    }
}

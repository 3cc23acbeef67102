import Locking

/// The daemons that share calls in one Redis, as the keeper of one of them sees them: whose turn it is to end a call, and
/// who writes its account. It also ends calls of other daemons, when a client wants that and when nobody else did.
///
/// All waiting is done on the loop that ends calls.
package final class CallPeers: Sendable {
    /// The answer to a daemon that wants to end one of its calls.
    enum Turn: Sendable {
        /// It ends the call, for the first reason that any daemon had.
        case ours(CallEndReason)
        /// The lease was renewed elsewhere, another daemon is ending it, or leases are spared. It asks again after that.
        case later(Duration)
        /// Another daemon has ended the call and written its account.
        case over
    }

    private struct State: Sendable {
        /// The calls that this daemon created, until they are settled.
        var own: [CallName: SharedCall] = [:]
        /// The place among them of the call that ``endedElsewhere()`` looks at next.
        var next = 0
        /// The calls of other daemons that this one is ending.
        var others: Set<CallName> = []
        /// The loops that have no connection to Redis: nobody can renew a lease there.
        var away: Set<ObjectIdentifier> = []
        /// Until when no lease ends a call after that.
        var sparing: UInt64 = 0
        var passedOver = 0
    }

    /// How long leases are spared when Redis is back, and those of other daemons after the start.
    static let spared: UInt64 = 30_000_000_000
    /// How long to wait after a step that Redis did not answer, at first and at most.
    private static let pauses = (first: Duration.seconds(1), longest: Duration.seconds(30))

    private let state = Locked(State())
    let calls: SharedCalls
    let surroundings: Surroundings
    let outlets: CallKeeper.Outlets
    let began: UInt64

    /// - Parameters:
    ///   - calls: through the client of the loop that ends calls.
    ///   - outlets: those of the keeper.
    package init(_ calls: SharedCalls, surroundings: Surroundings, outlets: CallKeeper.Outlets) {
        self.calls = calls
        self.surroundings = surroundings
        self.outlets = outlets
        began = surroundings.monotonicNanoseconds()
    }

    /// The connection of a loop has come or gone.
    package func redisIs(away isAway: Bool, for loop: ObjectIdentifier) {
        let now = surroundings.monotonicNanoseconds()
        state.withLock { state in
            if isAway {
                state.away.insert(loop)
            } else if state.away.remove(loop) != nil {
                state.sparing = now + CallPeers.spared
            }
        }
    }

    /// Those of this daemon's calls that another has ended. It looks at 64 of them each time, in turn.
    func endedElsewhere() async -> [CallName] {
        let names = state.withLock { state -> [CallName] in
            if state.next >= state.own.count { state.next = 0 }
            defer { state.next += SharedCallList.page }
            return Array(state.own.keys.dropFirst(state.next).prefix(SharedCallList.page))
        }
        return names.isEmpty ? [] : (try? await calls.all.ended(among: names)) ?? []
    }

    /// This daemon has created a call.
    func add(_ call: SharedCall) {
        state.withLock { $0.own[call.record.name] = call }
    }

    /// Another daemon has ended one of this daemon's calls and written its account.
    func letGo(_ name: CallName) {
        state.withLock { $0.own[name] = nil }
    }

    /// Whether this daemon is ending the call for another.
    func isEnding(_ name: CallName) -> Bool {
        state.withLock { $0.others.contains(name) }
    }

    /// Those of the calls of an earlier process that Redis does not have: it was away when they were created, it was not
    /// set, or it forgot them. The others get a whole lease there. Waits until Redis answers.
    package func unknown(of calls: [PastCall]) async -> [PastCall] {
        var unknown: [PastCall] = []
        var pause = CallPeers.pauses.first
        for call in calls {
            while true {
                do throws(RedisCountsFailure) {
                    if try await self.calls.renew(call.name, call.plan.binding) == .unknown { unknown.append(call) }
                    break
                } catch {
                    if error == .cancelled { return unknown }
                    await surroundings.sleep(pause)
                    pause = min(pause * 2, CallPeers.pauses.longest)
                }
            }
        }
        return unknown
    }

    /// How long it takes until one of this daemon's calls is due whose lease seems to be over; nil when that is so, and
    /// when Redis does not say.
    func untilDue(_ name: CallName) async -> Duration? {
        if let left = isSparing { return min(left, CallPeers.pauses.longest) }
        let left = try? await look(at: [name]).calls.first?.untilDue
        return left.flatMap { $0 > .zero ? $0 : nil }
    }

    /// Whether this daemon may end one of its calls now.
    func turn(to name: CallName, _ reason: CallEndReason) async -> Turn {
        if reason == .lease, let left = isSparing { return .later(min(left, CallPeers.pauses.longest)) }
        let isDue = reason == .lease || reason == .deadline
        let claim: CallClaim
        do throws(RedisCountsFailure) {
            claim = try await calls.claim(name, isDue ? nil : reason, now: surroundings.monotonicNanoseconds())
        } catch {
            // A lease may have been renewed by another daemon. Every other reason does not depend on others.
            return reason == .lease ? .later(CallPeers.pauses.first) : .ours(reason)
        }
        switch claim {
        case .claimed(_, let first, _): return .ours(first)
        case .wait(let pause): return .later(pause)
        case .ended: return .over
        // What Redis forgot is its maker's.
        case .unknown: return .ours(reason)
        }
    }

    /// The upstream did not end a call on this daemon's turn.
    func failed(_ name: CallName) {
        calls.failed(name)
    }

    /// One of this daemon's calls is over. Waits until Redis is there.
    /// - Returns: whether this daemon writes the account.
    func settle(_ settlement: CallSettlement) async -> Bool {
        let name = settlement.record.name
        // Redis never had a call that was taken over from the usage log.
        guard let call = state.withLock({ $0.own[name] }) else { return true }
        let result = await end(call, settlement)
        let isFirst = state.withLock { $0.own.removeValue(forKey: name) != nil }
        switch result {
        case .settled, .forgotten: return isFirst
        case .settledBefore, nil: return false
        }
    }

    /// Tells Redis that a call is over, until it answers. A reply that is lost does no harm: Redis repeats it.
    /// - Returns: nil when this process ends before.
    private func end(_ call: SharedCall, _ settlement: CallSettlement) async -> SharedSettlement? {
        var pause = CallPeers.pauses.first
        while true {
            do throws(RedisCountsFailure) {
                return try await calls.end(call, settlement, now: surroundings.monotonicNanoseconds())
            } catch {
                if error == .cancelled { return nil }
                await surroundings.sleep(pause)
                pause = min(pause * 2, CallPeers.pauses.longest)
            }
        }
    }

    /// Ends a call of another daemon that this one has claimed. If that fails, it is overdue soon, for any daemon.
    /// - Parameter waits: for a place. Otherwise, without one, the call is given back.
    func end(_ call: SharedCall, _ reason: CallEndReason, isGivenUp: Bool, waits: Bool = false) {
        let (name, type, places) = (call.record.name, call.record.plan.type, outlets.places)
        guard state.withLock({ $0.others.insert(name).inserted }) else { return }
        guard isGivenUp || waits || places.enterNow(type) else {
            state.withLock { _ = $0.others.remove(name) }
            return calls.failed(name)
        }
        outlets.start { [self] in
            var seconds: Int?
            var isOver = isGivenUp
            if !isOver {
                if waits { await places.enter(type) }
                defer { places.leave(type) }
                if case .over(let reported) = await outlets.end(call.record) { (seconds, isOver) = (reported, true) }
            }
            if isOver {
                let settlement = CallSettlement(
                    call.record, reason, isConfirmed: !isGivenUp, reported: seconds,
                    now: Int64(surroundings.monotonicNanoseconds()))
                // What Redis has forgotten meanwhile is its maker's.
                if case .settled = await end(call, settlement) { outlets.settle(settlement) }
            } else {
                calls.failed(name)
            }
            state.withLock { _ = $0.others.remove(name) }
        }
    }

    /// How long leases are still spared; nil when they are not.
    var isSparing: Duration? {
        let now = surroundings.monotonicNanoseconds()
        let (isAway, end) = state.withLock { (!$0.away.isEmpty, $0.sparing) }
        if isAway { return CallPeers.pauses.longest }
        return end > now ? .nanoseconds(Int64(clamping: end - now)) : nil
    }

    /// How many overdue calls the next page of a sweep passes over.
    var passedOver: Int {
        get { state.withLock(\.passedOver) }
        set { state.withLock { $0.passedOver = newValue } }
    }

    func isOwn(_ name: CallName) -> Bool {
        state.withLock { $0.own[name] != nil }
    }
}

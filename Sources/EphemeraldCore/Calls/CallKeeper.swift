package import Locking
package import Sessions

/// The calls of this process, and what is done about them: the routes and the operator renew and end them, and
/// ``act()`` ends those whose time is over.
///
/// The keeper decides under one lock, with ``CallBook``, and acts outside it. Where several daemons share their calls, it
/// asks the others before it ends one: see ``CallPeers``.
package final class CallKeeper: Sendable {
    private struct State: Sendable {
        var book = CallBook()
        /// Whether this process is ending, and its calls with it.
        var isClosed = false
        /// How many calls are being created by the upstream, also where Redis has admitted them.
        var creating = 0
        /// The time of the last wake-up that was arranged and has not come.
        var wakeUp: UInt64?
    }

    private let state = Locked(State())
    private let surroundings: Surroundings
    let outlets: Outlets
    /// Nil where this process keeps its calls for itself.
    let peers: CallPeers?

    /// A keeper without calls.
    /// - Parameter peers: nil where this process keeps its calls for itself.
    package init(surroundings: Surroundings, outlets: Outlets, peers: CallPeers? = nil) {
        self.surroundings = surroundings
        self.outlets = outlets
        self.peers = peers
    }

    /// Counts a request for a call and takes its slots: all of it or nothing.
    /// - Parameters:
    ///   - counts: what the limits and quotas have counted.
    ///   - unixMilliseconds: the wall clock, whose days the quotas go by.
    package func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima,
        counting counts: Locked<AdmissionCounts>, unixMilliseconds: Int64
    ) -> CallAdmission {
        update { state, now in
            counts.withLock { counts in
                counts.admit(
                    name, plan, claim, within: maxima, in: &state.book, now: now, unixMilliseconds: unixMilliseconds)
            }
        }
    }

    /// Forgets a call that was not created. See ``CallBook/undo(_:isLost:now:)``.
    package func undo(_ name: CallName, isLost: Bool) -> Money? {
        update { state, now in state.book.undo(name, isLost: isLost, now: now) }
    }

    /// The upstream has created the call. See ``CallBook/open(_:upstreamID:upstreamHost:key:now:)``.
    package func open(_ name: CallName, upstreamID: String, upstreamHost: String, key: KeyPrint) -> CallRecord {
        update { state, now in
            state.book.open(name, upstreamID: upstreamID, upstreamHost: upstreamHost, key: key, now: now)
        }
    }

    /// Takes a call that was admitted elsewhere, and that the upstream has created for this process.
    func take(_ record: CallRecord) {
        update { state, now in state.book.restore(record, now: now) }
    }

    /// Writes the usage line of a call that was created.
    /// - Returns: whether it was written.
    func record(_ line: [UInt8]) -> Bool { outlets.record(line) }

    /// Whether the usage line of a call is expected to be written.
    var canRecord: Bool { outlets.canRecord() }

    /// Takes over a call of an earlier process.
    package func restore(_ call: PastCall, atUnixSeconds unixSeconds: Int) {
        update { state, now in
            let record = CallRecord(
                restoring: call.name, plan: call.plan, upstreamID: call.upstreamID, upstreamHost: call.upstreamHost,
                key: call.key, age: unixSeconds - call.openedAt, now: now)
            state.book.restore(record, ending: call.ending, now: now)
        }
    }

    /// Renews the lease of a call, for its owner.
    package func renew(_ name: CallName, _ binding: CallBinding) -> CallRenewal {
        update { state, now in state.book.renew(name, binding, now: now) }
    }

    /// From now on nobody gets a call: this process ends, and its calls with it.
    package func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Whether nobody gets a call any more.
    var isClosed: Bool { state.withLock(\.isClosed) }

    /// How many calls are being created by the upstream.
    package var creating: Int { state.withLock(\.creating) }

    /// The upstream is now called to create a call; the end of that is reported as well.
    func creationBegins() { state.withLock { $0.creating += 1 } }

    /// The call was created and opened, or it was not created.
    func creationEnds() { state.withLock { $0.creating -= 1 } }

    /// Begins to end the call of that name.
    /// - Returns: whether there is such a call, or was one lately.
    @discardableResult package func end(_ name: CallName, _ reason: CallEndReason) -> Bool {
        begin(update { state, now in state.book.end(name, reason, now: now) }, reason)
    }

    /// Begins to end the open calls that the condition selects.
    /// - Returns: how many there were.
    package func endAll(_ reason: CallEndReason, where isSelected: (CallListing) -> Bool = { _ in true }) -> Int {
        listing().filter { $0.reason == nil && isSelected($0) }.count { end($0.record.name, reason) }
    }

    /// The calls that are open or ending, in no order.
    package func listing() -> [CallListing] {
        let now = surroundings.monotonicNanoseconds()
        return state.withLock { $0.book.listing(now: now) }
    }

    /// Writes for all calls that are ending that they are. The next process ends them.
    package func recordEndings() {
        for call in listing() { if let reason = call.reason { record(ending: call.record, reason) } }
    }

    private func record(ending call: CallRecord, _ reason: CallEndReason) {
        _ = outlets.record(
            call.endingLine(reason, naming: outlets.names(), unixMilliseconds: surroundings.unixMilliseconds()))
    }

    /// Begins to end the calls that have come up, and settles those that the upstream has ended itself.
    package func act() {
        let due = update { state, now in
            state.wakeUp = nil
            return state.book.due(now: now)
        }
        for call in due {
            switch call {
            case .end(let record, let reason): start(record, reason)
            case .settled(let settlement): settle(settlement)
            }
        }
    }

    /// Changes the state, and arranges a wake-up when something is due before the next one.
    private func update<Result: Sendable>(_ change: (inout State, UInt64) -> Result) -> Result {
        let now = surroundings.monotonicNanoseconds()
        let (result, wakeUp) = state.withLock { state -> (Result, UInt64?) in
            let result = change(&state, now)
            guard let next = state.book.nextDue, next < state.wakeUp ?? .max else { return (result, nil) }
            state.wakeUp = next
            return (result, next)
        }
        if let wakeUp { outlets.wake(wakeUp) }
        return result
    }

    private func begin(_ ending: CallEnding, _ reason: CallEndReason) -> Bool {
        switch ending {
        case .begun(let record):
            start(record, reason)
            return true
        case .begunBefore: return true
        case .unknown: return false
        }
    }

    private func start(_ record: CallRecord, _ reason: CallEndReason) {
        outlets.start { [self] in
            // Most leases that seem to be over were renewed elsewhere, which is found out without a place.
            if reason == .lease, let pause = await peers?.untilDue(record.name) { return postpone(record, by: pause) }
            // Before the turn, which lapses after a while.
            await outlets.places.enter(record.plan.type)
            defer { outlets.places.leave(record.plan.type) }
            guard let peers else { return await end(record, reason) }
            switch await peers.turn(to: record.name, reason) {
            case .ours(let first): await end(record, first)
            case .later(let pause): postpone(record, by: pause)
            case .over: letGo(record.name)
            }
        }
    }

    /// Another daemon has ended the call and written its account.
    func letGo(_ name: CallName) {
        if update({ state, _ in state.book.forget(name) }) { peers?.letGo(name) }
    }

    private func postpone(_ record: CallRecord, by pause: Duration) {
        let order = update { state, now in state.book.postpone(record.name, by: pause, now: now) }
        if let order { start(record, order) }
    }

    private func end(_ record: CallRecord, _ reason: CallEndReason) async {
        switch await outlets.end(record) {
        case .over(let seconds):
            let settlement = update { state, now in
                state.book.over(record.name, reason, reportedSeconds: seconds, now: now)
            }
            if let settlement { settle(settlement) }
        case .unsure, .notYet:
            let first = update { state, now in state.book.failed(record.name, now: now) }
            if let peers { return peers.failed(record.name) }
            // The next process must not take the call for an open one.
            if let first { self.record(ending: record, first) }
        }
    }

    /// Of several daemons one writes the account.
    private func settle(_ settlement: CallSettlement) {
        guard let peers else { return outlets.settle(settlement) }
        outlets.start { [outlets] in
            if await peers.settle(settlement) { outlets.settle(settlement) }
        }
    }
}

import Locking
import Text

/// What all loops know about the upstream.
package final class UpstreamState: Sendable {
    private let places = Places()
    private let mints = Locked(Exchanges())
    private let creations = Locked(Exchanges())
    /// The keys that rest.
    package let keys: KeyRests
    private let emergencies: Emergencies

    /// What is known about the answers to one kind of work.
    private struct Exchanges: Sendable {
        var breaker = CircuitBreaker()
        var inProgress = 0
        /// When the upstream was last heard, or since when a request waits for it.
        var silentSince: UInt64 = 0
    }

    /// Requests in progress without any answer for so long are reported, before the first of them times out.
    static let longestSilence: Duration = .seconds(4)

    /// No mints in progress, and no failures.
    /// - Parameter emergencies: where failures of the upstream are listed.
    package init(_ emergencies: Emergencies = Emergencies()) {
        self.emergencies = emergencies
        keys = KeyRests(emergencies)
    }

    /// The number of mints in progress at this moment.
    package var mintsInProgress: Int { places.taken }

    /// The number of requests that wait for one of these to end.
    package var mintsWaiting: Int { places.waiting }

    /// Whether mints have failed so often that the upstream is not called for a while.
    var isLeftAlone: Bool { mints.withLock { $0.breaker.isOpen } }

    /// What the upstream is called for. Each has its own circuit breaker: an upstream that fails on the offers of
    /// strangers still mints.
    enum Work: CaseIterable, Sendable {
        case mint, creation
    }

    /// The right to call the upstream, which is given back by ``leave(_:)``.
    struct Pass {
        fileprivate let isProbe: Bool
        fileprivate let work: Work
        /// The number in the line; nil for a pass that is valid at once.
        fileprivate var number: UInt64?

        /// Whether the pass has to be exchanged first, by ``UpstreamState/wait(with:client:_:)``.
        var mustWait: Bool { number != nil }
    }

    private func exchanges(of work: Work) -> Locked<Exchanges> {
        switch work {
        case .mint: mints
        case .creation: creations
        }
    }

    /// Admits one more mint or creation, unless the upstream is left alone or as many are in progress and wait as the
    /// settings allow.
    func enter(now: UInt64, under upstream: Upstream, for work: Work = .mint) throws(Refusal) -> Pass {
        let isProbe = try admit(now: now, for: work)
        // A probe does not wait: the next one would wait for it.
        switch places.enter(atMost: upstream.maxInFlight, waiting: isProbe ? 0 : upstream.maxWaiting) {
        case .place: return Pass(isProbe: isProbe, work: work)
        case .line(let number):
            let pass = Pass(isProbe: false, work: work, number: number)
            end(pass)
            return pass
        case .full:
            end(Pass(isProbe: isProbe, work: work))
            throw .overloaded
        }
    }

    /// Waits for the place of a pass that has none yet, and returns a valid one.
    /// - Parameter socket: that of the client; nil if nobody can tell when they have gone.
    func wait(
        with pass: Pass, client socket: Int32?, under upstream: Upstream, _ surroundings: Surroundings
    ) async throws(Refusal) -> Pass {
        guard let number = pass.number else { return pass }
        // At least half of the time is left for the upstream, so that no wait looks like its failure.
        let longest = min(Places.longestWait, upstream.timeout / 2)
        guard await places.wait(number, client: socket, atMost: longest, surroundings) else {
            throw Task.isCancelled ? .shuttingDown : .overloaded
        }
        do throws(Refusal) {
            // The upstream may have begun to fail meanwhile.
            return Pass(isProbe: try admit(now: surroundings.monotonicNanoseconds(), for: pass.work), work: pass.work)
        } catch {
            places.giveBack()
            throw error
        }
    }

    /// Asks the circuit breaker, and counts a request that it admits until ``end(_:)``.
    /// - Returns: whether the request is a probe.
    private func admit(now: UInt64, for work: Work) throws(Refusal) -> Bool {
        let decision = exchanges(of: work).withLock { exchanges in
            let decision = exchanges.breaker.admit(now: now)
            if case .refused = decision { return decision }
            if exchanges.inProgress == 0 { exchanges.silentSince = now }
            exchanges.inProgress += 1
            return decision
        }
        if case .refused(let pause) = decision { throw .upstreamUnavailable(retryAfter: pause) }
        return decision == .probe
    }

    private func end(_ pass: Pass) {
        exchanges(of: pass.work).withLock { exchanges in
            exchanges.inProgress -= 1
            if pass.isProbe { exchanges.breaker.endProbe() }
        }
    }

    /// Ends what was admitted. A probe that was cancelled does not keep the others waiting.
    func leave(_ pass: Pass) {
        places.giveBack()
        end(pass)
    }

    /// Nothing is expected of the upstream for that time, by the request that calls this.
    func pauses(for time: Duration, now: UInt64, of work: Work = .mint) {
        exchanges(of: work).withLock { $0.silentSince = max($0.silentSince, now + time.nanoseconds) }
    }

    /// Counts the result of one attempt.
    /// - Parameter sent: when the request was sent.
    func record(isAlive: Bool, sent: UInt64, now: UInt64, of work: Work = .mint) {
        exchanges(of: work).withLock { exchanges in
            exchanges.breaker.record(isAlive: isAlive, sent: sent, now: now)
            exchanges.silentSince = now
        }
        if isAlive, emergencies.isAny { emergencies.end(work.emergency, "\(work.whatFails) works again", now: now) }
    }
}

/// What the operator should know about the upstream.
extension UpstreamState {
    /// Whether the last mint failed because the upstream did, or none has had an answer for a while.
    var isFailing: Bool { emergencies.active.contains { $0.kind == .upstream } }

    /// Lists why a request has failed with all its attempts, if that is the upstream's fault.
    func failed(_ refusal: Refusal, _ report: UpstreamReport?, of work: Work, requestID: RequestID, now: UInt64) {
        switch refusal {
        case .upstreamError, .upstreamTimeout:
            emergencies.begin(
                work.emergency,
                "\(refusal.code): \(work.whatFails) fails\(report?.reason ?? ""): \(UpstreamState.remedy); "
                    + "requests are refused, and the daemon tries again by itself", of: requestID, now: now)
        case .upstreamAuth:
            emergencies.begin(
                .permission,
                "upstream_auth: OpenAI forbids a request\(report?.reason ?? ""): check what the project of the API key may "
                    + "do, and from where; the usage log has what OpenAI answered", of: requestID, now: now)
        default: break
        }
    }

    /// Lists that the upstream is silent, if it is: nobody else learns it before the first request times out. Called once
    /// a second.
    package func noticeSilence(now: UInt64) {
        guard mintsInProgress > 0 else { return }
        for work in Work.allCases {
            guard isSilent(work, now: now) else { continue }
            emergencies.begin(
                work.emergency,
                "upstream_timeout: \(work.whatFails) has had no answer for \(UpstreamState.longestSilence.components.seconds) s: "
                    + "\(UpstreamState.remedy); the daemon tries again by itself", now: now)
            // An answer between the two steps found nothing to end.
            if !isSilent(work, now: now) { emergencies.end(work.emergency, "\(work.whatFails) works again", now: now) }
        }
    }

    private func isSilent(_ work: Work, now: UInt64) -> Bool {
        exchanges(of: work).withLock { exchanges in
            exchanges.inProgress > 0 && now >= exchanges.silentSince + UpstreamState.longestSilence.nanoseconds
        }
    }

    private static let remedy = "see OpenAI's status page, and check the network and OPENAI_BASE_URL"

    /// A key was accepted.
    /// - Parameter sent: when the request was sent.
    func worked(_ key: UpstreamKey, sent: UInt64, now: UInt64) {
        keys.worked(key, sent: sent, now: now)
        guard emergencies.isAny else { return }
        emergencies.end(.permission, "OpenAI accepts requests again", sent: sent, now: now)
    }
}

extension UpstreamState.Work {
    fileprivate var emergency: Emergencies.Kind {
        switch self {
        case .mint: .upstream
        case .creation: .calls
        }
    }

    fileprivate var whatFails: String {
        switch self {
        case .mint: "minting tokens at OpenAI"
        case .creation: "creating calls at OpenAI"
        }
    }
}

extension UpstreamReport {
    /// ` (503, server_error)`, or libcurl's message. The upstream's own message may have anything in it, and is left out.
    fileprivate var reason: String {
        let parts = [status.map(String.init), code?.loggable(128), status == nil ? message?.loggable(256) : nil]
        let text = parts.compactMap { $0 }.joined(separator: ", ")
        return text.isEmpty ? "" : " (\(text))"
    }
}

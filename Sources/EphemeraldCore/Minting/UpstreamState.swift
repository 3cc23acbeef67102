import Locking
import Synchronization
import Text

/// What all loops know about the upstream.
package final class UpstreamState: Sendable {
    private let inFlight = Atomic(0)
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
    package var mintsInProgress: Int { inFlight.load(ordering: .relaxed) }

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
    }

    private func exchanges(of work: Work) -> Locked<Exchanges> {
        switch work {
        case .mint: mints
        case .creation: creations
        }
    }

    /// Admits one more mint or creation, unless the upstream is left alone or as many are in progress as the settings
    /// allow.
    func enter(now: UInt64, atMost maximum: Int, for work: Work = .mint) throws(Refusal) -> Pass {
        let decision = exchanges(of: work).withLock { exchanges in
            let decision = exchanges.breaker.admit(now: now)
            if case .refused = decision { return decision }
            if exchanges.inProgress == 0 { exchanges.silentSince = now }
            exchanges.inProgress += 1
            return decision
        }
        if case .refused(let pause) = decision { throw .upstreamUnavailable(retryAfter: pause) }
        let pass = Pass(isProbe: decision == .probe, work: work)
        guard inFlight.add(1, ordering: .relaxed).newValue <= maximum else {
            leave(pass)
            throw .overloaded
        }
        return pass
    }

    /// Ends what was admitted. A probe that was cancelled, or refused as one too many, does not keep the others waiting.
    func leave(_ pass: Pass) {
        inFlight.subtract(1, ordering: .relaxed)
        exchanges(of: pass.work).withLock { exchanges in
            exchanges.inProgress -= 1
            if pass.isProbe { exchanges.breaker.endProbe() }
        }
    }

    /// Counts the result of one attempt.
    func record(isAlive: Bool, now: UInt64, of work: Work = .mint) {
        exchanges(of: work).withLock { exchanges in
            exchanges.breaker.record(isAlive: isAlive, now: now)
            exchanges.silentSince = now
        }
        if isAlive, emergencies.isAny { emergencies.end(work.emergency, "\(work.whatFails) works again", now: now) }
    }
}

/// What the operator should know about the upstream.
extension UpstreamState {
    /// Whether the last request of that kind failed because the upstream did.
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
            let isSilent = exchanges(of: work).withLock { exchanges in
                exchanges.inProgress > 0 && now >= exchanges.silentSince + UpstreamState.longestSilence.nanoseconds
            }
            guard isSilent else { continue }
            emergencies.begin(
                work.emergency,
                "upstream_timeout: \(work.whatFails) has had no answer for \(UpstreamState.longestSilence.components.seconds) s: "
                    + "\(UpstreamState.remedy); the daemon tries again by itself", now: now)
        }
    }

    private static let remedy = "see OpenAI's status page, and check the network and OPENAI_BASE_URL"

    /// A key was accepted.
    func worked(_ key: UpstreamKey, now: UInt64) {
        keys.worked(key, now: now)
        if emergencies.isAny { emergencies.end(.permission, "OpenAI accepts requests again", now: now) }
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

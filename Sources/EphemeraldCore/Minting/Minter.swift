package import HTTP
import Locking
package import Sessions
import Synchronization

/// What all loops know about the upstream.
package final class UpstreamState: Sendable {
    private let inFlight = Atomic(0)
    private let mints = Locked(CircuitBreaker())
    private let creations = Locked(CircuitBreaker())

    /// No mints in progress, and no failures.
    package init() {}

    /// The number of mints in progress at this moment.
    package var mintsInProgress: Int { inFlight.load(ordering: .relaxed) }

    /// Whether mints have failed so often that the upstream is not called for a while.
    var isLeftAlone: Bool { mints.withLock { $0.isOpen } }

    /// What the upstream is called for. Each has its own circuit breaker: an upstream that fails on the offers of
    /// strangers still mints.
    enum Work: Sendable {
        case mint, creation
    }

    /// The right to call the upstream, which is given back by ``leave(_:)``.
    struct Pass {
        fileprivate let isProbe: Bool
        fileprivate let work: Work
    }

    private func breaker(of work: Work) -> Locked<CircuitBreaker> {
        switch work {
        case .mint: mints
        case .creation: creations
        }
    }

    /// Admits one more mint or creation, unless the upstream is left alone or as many are in progress as the settings
    /// allow.
    func enter(now: UInt64, atMost maximum: Int, for work: Work = .mint) throws(Refusal) -> Pass {
        let decision = breaker(of: work).withLock { $0.admit(now: now) }
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
        if pass.isProbe { breaker(of: pass.work).withLock { $0.endProbe() } }
    }

    /// Counts the result of one attempt.
    func record(isAlive: Bool, now: UInt64, of work: Work = .mint) {
        breaker(of: work).withLock { $0.record(isAlive: isAlive, now: now) }
    }
}

/// Mints client secrets: one for each request, never kept and never shared.
package final class Minter: Sendable {
    /// Sends a request and waits for the whole answer.
    package typealias Send = @Sendable (OutboundRequest) async throws(TransferFailure) -> Response

    /// The fields that ``MintVerdict``, ``ClientSecret`` and ``UpstreamReport`` read.
    private static let responseFields: [StaticString] = ["x-request-id", "retry-after-ms", "retry-after"]
    /// Attempts after the first, for transient failures.
    private static let retries = 2

    let upstream: Upstream
    /// The host of the upstream, for usage lines.
    let host: String
    /// What requests have in common, for each key and for each kind of session: a mint builds only what differs.
    private let commonFields: [CommonFields]
    private let urls: [SessionKind: String]
    private let state: UpstreamState
    private let surroundings: Surroundings
    private let send: Send

    /// - Parameters:
    ///   - state: the same for all loops.
    ///   - send: sends a request to the upstream, on the loop of this minter.
    package init(upstream: Upstream, state: UpstreamState, surroundings: Surroundings, send: @escaping Send) {
        self.upstream = upstream
        host = upstream.host
        commonFields = upstream.keys.map(upstream.commonFields)
        urls = Dictionary(
            uniqueKeysWithValues: SessionKind.allCases.compactMap { kind in
                kind.mintPath.map { (kind, "\(upstream.baseURL)/\($0)") }
            })
        self.state = state
        self.surroundings = surroundings
        self.send = send
    }

    /// Whether the upstream has failed so often that it is not called for a while.
    var isUpstreamLeftAlone: Bool { state.isLeftAlone }

    /// Mints one client secret.
    /// - Parameters:
    ///   - body: the body of the mint: the session with the overrides of the request.
    ///   - safetyIdentifier: the identifier of the caller; nil for the operator.
    ///   - trace: the trace of the request; nil if no trusted proxy names one.
    package func mint(
        _ body: [UInt8], for session: Session, requestID: RequestID, safetyIdentifier: String? = nil,
        trace: TraceParent? = nil
    ) async throws(MintFailure) -> ClientSecret {
        let now = surroundings.monotonicNanoseconds()
        let pass: UpstreamState.Pass
        do throws(Refusal) {
            pass = try state.enter(now: now, atMost: upstream.maxInFlight)
        } catch {
            throw MintFailure(refusal: error, report: nil)
        }
        defer { state.leave(pass) }
        let mint = Mint(
            body: body, session: session, requestID: requestID, safetyIdentifier: safetyIdentifier, trace: trace)
        return try await attempt(mint, until: now + upstream.timeout.nanoseconds)
    }

    /// What is the same in all attempts.
    private struct Mint {
        let body: [UInt8]
        let session: Session
        let requestID: RequestID
        let safetyIdentifier: String?
        let trace: TraceParent?
    }

    /// Tries keys in order, and again after a transient failure, until the deadline.
    private func attempt(_ mint: Mint, until deadline: UInt64) async throws(MintFailure) -> ClientSecret {
        var keys = commonFields[...]
        var retries = 0
        while let key = keys.first {
            let verdict = await attemptOnce(mint, with: key, until: deadline)
            switch verdict {
            case .minted(let secret): return secret
            case .final(let failure): throw failure
            case .tryNextKey(let failure):
                keys.removeFirst()
                if keys.isEmpty || surroundings.monotonicNanoseconds() >= deadline { throw failure }
            case .retry(let failure, let time):
                retries += 1
                let delay = time ?? backoff(before: retries)
                let isTooLate = surroundings.monotonicNanoseconds() + delay.nanoseconds >= deadline
                if retries > Minter.retries || isTooLate { throw failure }
                await surroundings.sleep(delay)
                if Task.isCancelled { throw MintFailure(refusal: .shuttingDown, report: failure.report) }
            }
        }
        preconditionFailure("an upstream has at least one key")
    }

    private func attemptOnce(_ mint: Mint, with common: CommonFields, until deadline: UInt64) async -> MintVerdict {
        let now = surroundings.monotonicNanoseconds()
        guard let url = urls[mint.session.kind] else {
            preconditionFailure("tokens for a session without client secrets are refused before")
        }
        var request = OutboundRequest(
            method: .post, url: url, fields: fields(of: mint, after: common), body: mint.body,
            responseFields: Minter.responseFields, timeout: .nanoseconds(deadline > now ? deadline - now : 1))
        request.common = common
        let verdict: MintVerdict
        do {
            verdict = MintVerdict(
                try await send(request), of: url, for: mint.session, keys: upstream.keys)
        } catch {
            verdict = MintVerdict(error)
        }
        if let isAlive = verdict.isUpstreamAlive {
            state.record(isAlive: isAlive, now: surroundings.monotonicNanoseconds())
        }
        return verdict
    }

    private func fields(of mint: Mint, after common: CommonFields) -> Fields {
        var fields = common.fields
        fields.append("X-Client-Request-Id", mint.requestID.description)
        if let identifier = mint.safetyIdentifier { fields.append("OpenAI-Safety-Identifier", identifier) }
        if upstream.passesTrace, let trace = mint.trace { fields.append("traceparent", trace.outgoing) }
        return fields
    }

    /// 0.25 s, then 0.5 s, less up to half at random, so that what failed together does not come back together.
    private func backoff(before retry: Int) -> Duration {
        let full = 250 << (retry - 1)
        let jitter = Int(truncatingIfNeeded: surroundings.randomBits() & 0xFFFF) * full / 2 / 0xFFFF
        return .milliseconds(full - jitter)
    }
}

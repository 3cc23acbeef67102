package import HTTP
import Locking
package import Sessions
import Synchronization

/// What all loops know about the upstream.
package final class UpstreamState: Sendable {
    fileprivate let inFlight = Atomic(0)
    fileprivate let breaker = Locked(CircuitBreaker())

    /// No mints in progress, and no failures.
    package init() {}

    /// The number of mints in progress at this moment.
    package var mintsInProgress: Int { inFlight.load(ordering: .relaxed) }
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
    private let state: UpstreamState
    private let surroundings: Surroundings
    private let send: Send

    /// - Parameters:
    ///   - state: the same for all loops.
    ///   - send: sends a request to the upstream, on the loop of this minter.
    package init(upstream: Upstream, state: UpstreamState, surroundings: Surroundings, send: @escaping Send) {
        self.upstream = upstream
        host = upstream.host
        self.state = state
        self.surroundings = surroundings
        self.send = send
    }

    /// Whether the upstream has failed so often that it is not called for a while.
    var isUpstreamLeftAlone: Bool { state.breaker.withLock { $0.isOpen } }

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
        let decision = state.breaker.withLock { $0.admit(now: now) }
        if case .refused(let pause) = decision {
            throw MintFailure(refusal: .upstreamUnavailable(retryAfter: pause), report: nil)
        }
        // A probe that was cancelled, or refused as one too many, must not keep the others waiting.
        defer { if decision == .probe { state.breaker.withLock { $0.endProbe() } } }
        defer { state.inFlight.subtract(1, ordering: .relaxed) }
        guard state.inFlight.add(1, ordering: .relaxed).newValue <= upstream.maxInFlight else {
            throw MintFailure(refusal: .overloaded, report: nil)
        }
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
        var keys = upstream.keys[...]
        var retries = 0
        while let key = keys.first {
            let verdict = await attemptOnce(mint, key: key, until: deadline)
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

    private func attemptOnce(_ mint: Mint, key: Secret, until deadline: UInt64) async -> MintVerdict {
        let now = surroundings.monotonicNanoseconds()
        guard let path = mint.session.kind.mintPath else {
            preconditionFailure("tokens for a session without client secrets are refused before")
        }
        let url = "\(upstream.baseURL)/\(path)"
        let request = OutboundRequest(
            method: .post, url: url,
            fields: upstream.fields(
                key: key, requestID: mint.requestID, safetyIdentifier: mint.safetyIdentifier,
                trace: mint.trace),
            body: mint.body, responseFields: Minter.responseFields,
            timeout: .nanoseconds(deadline > now ? deadline - now : 1))
        let verdict: MintVerdict
        do {
            verdict = MintVerdict(
                try await send(request), of: url, for: mint.session, keys: upstream.keys)
        } catch {
            verdict = MintVerdict(error)
        }
        if let isAlive = verdict.isUpstreamAlive {
            let now = surroundings.monotonicNanoseconds()
            state.breaker.withLock { $0.record(isAlive: isAlive, now: now) }
        }
        return verdict
    }

    /// 0.25 s, then 0.5 s, less up to half at random, so that what failed together does not come back together.
    private func backoff(before retry: Int) -> Duration {
        let full = 250 << (retry - 1)
        let jitter = Int(truncatingIfNeeded: surroundings.randomBits() & 0xFFFF) * full / 2 / 0xFFFF
        return .milliseconds(full - jitter)
    }
}

package import HTTP
import Locking
package import Sessions
import Synchronization

/// Mints client secrets: one for each request, never kept and never shared.
package final class Minter: Sendable {
    /// Sends a request and waits for the whole answer.
    package typealias Send = @Sendable (OutboundRequest) async throws(TransferFailure) -> Response

    /// What all loops know of the upstream together.
    package final class Shared: Sendable {
        fileprivate let inFlight = Atomic(0)
        fileprivate let breaker = Locked(CircuitBreaker())

        /// None under way, and the upstream not left alone.
        package init() {}

        /// Mints under way, at this moment.
        package var current: Int { inFlight.load(ordering: .relaxed) }
    }

    /// Attempts behind the first, when it failed of something passing.
    private static let retries = 2

    let upstream: Upstream
    /// The host of the upstream, for usage lines.
    let host: String
    private let shared: Shared
    private let surroundings: Surroundings
    private let send: Send

    /// - Parameters:
    ///   - shared: one for all loops.
    ///   - send: to the upstream, on the loop that asks.
    package init(upstream: Upstream, shared: Shared, surroundings: Surroundings, send: @escaping Send) {
        self.upstream = upstream
        host = upstream.host
        self.shared = shared
        self.surroundings = surroundings
        self.send = send
    }

    /// Whether the upstream has failed so often that it is left alone for a while.
    var isUpstreamLeftAlone: Bool { shared.breaker.withLock { $0.isOpen } }

    /// Mints one client secret.
    /// - Parameters:
    ///   - body: of the mint request, as the session and the browser's overrides make it.
    ///   - safetyIdentifier: for whom; nil for the operator.
    ///   - trace: of the request; nil where no trusted proxy names one.
    package func mint(
        _ body: [UInt8], for session: Session, requestID: RequestID, safetyIdentifier: String? = nil,
        trace: TraceParent? = nil
    ) async throws(MintFailure) -> ClientSecret {
        let now = surroundings.monotonicNanoseconds()
        let decision = shared.breaker.withLock { $0.admit(now: now) }
        if case .refused(let pause) = decision {
            throw MintFailure(refusal: .upstreamUnavailable(retryAfter: pause), report: nil)
        }
        // However it ends: a probe that was cancelled, or found too many under way, must not keep the others waiting.
        defer { if decision == .probe { shared.breaker.withLock { $0.endProbe() } } }
        defer { shared.inFlight.subtract(1, ordering: .relaxed) }
        guard shared.inFlight.add(1, ordering: .relaxed).newValue <= upstream.maxInFlight else {
            throw MintFailure(refusal: .overloaded, report: nil)
        }
        let asked = Asked(
            body: body, session: session, requestID: requestID, safetyIdentifier: safetyIdentifier, trace: trace)
        return try await attempt(asked, until: now + upstream.timeout.nanoseconds)
    }

    /// What is the same in all attempts.
    private struct Asked {
        let body: [UInt8]
        let session: Session
        let requestID: RequestID
        let safetyIdentifier: String?
        let trace: TraceParent?
    }

    /// Tries keys in order, and again what failed of something passing, until the deadline.
    private func attempt(_ asked: Asked, until deadline: UInt64) async throws(MintFailure) -> ClientSecret {
        var keys = upstream.keys[...]
        var retries = 0
        while let key = keys.first {
            let verdict = await attemptOnce(asked, key: key, until: deadline)
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

    private func attemptOnce(_ asked: Asked, key: Secret, until deadline: UInt64) async -> MintVerdict {
        let now = surroundings.monotonicNanoseconds()
        let url = "\(upstream.baseURL)/\(asked.session.kind.mintPath)"
        let request = OutboundRequest(
            method: .post, url: url,
            fields: upstream.fields(
                key: key, requestID: asked.requestID, safetyIdentifier: asked.safetyIdentifier,
                trace: asked.trace),
            body: asked.body,
            timeout: .nanoseconds(deadline > now ? deadline - now : 1))
        let verdict: MintVerdict
        do {
            verdict = MintVerdict(
                try await send(request), of: url, for: asked.session, keys: upstream.keys)
        } catch {
            verdict = MintVerdict(error)
        }
        if let isAlive = verdict.isUpstreamAlive {
            let now = surroundings.monotonicNanoseconds()
            shared.breaker.withLock { $0.record(isAlive: isAlive, now: now) }
        }
        return verdict
    }

    /// 0.25 s, then 0.5 s, less up to half at random, so that what failed together does not come back together.
    private func backoff(before retry: Int) -> Duration {
        let full = 250 << (retry - 1)
        let chance = Int(truncatingIfNeeded: surroundings.randomBits() & 0xFFFF) * full / 2 / 0xFFFF
        return .milliseconds(full - chance)
    }
}

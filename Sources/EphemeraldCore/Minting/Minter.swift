package import HTTP
package import Sessions

/// Mints client secrets: one for each request, never kept and never shared.
package final class Minter: Sendable {
    /// Sends a request and waits for the whole answer.
    package typealias Send = @Sendable (OutboundRequest) async throws(TransferFailure) -> Response

    /// The fields that ``ClientSecret`` and ``UpstreamReport`` read, and those that ``MintVerdict`` reads.
    private static let responseFields: [StaticString] = ["x-request-id"]
    private static let failureFields: [StaticString] = ["retry-after-ms", "retry-after"]
    /// Attempts after the first, for transient failures.
    private static let retries = 2

    let upstream: Upstream
    /// The host of the upstream, and its port unless it is that of the scheme, for usage lines.
    let server: (host: String, port: Int?)
    /// The same as one text, for calls.
    let callServer: String
    /// The keys have what their requests have in common, as the URLs have for each kind of session: a mint builds only
    /// what differs.
    package let keys: [UpstreamKey]
    private let urls: [SessionKind: String]
    private let state: UpstreamState
    private let surroundings: Surroundings
    private let send: Send

    /// - Parameters:
    ///   - state: the same for all loops.
    ///   - send: sends a request to the upstream, on the loop of this minter.
    package init(upstream: Upstream, state: UpstreamState, surroundings: Surroundings, send: @escaping Send) {
        self.upstream = upstream
        server = upstream.server
        callServer = upstream.callServer
        keys = upstream.namedKeys
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

    /// Whether the last request failed because the upstream did.
    var isUpstreamFailing: Bool { state.isFailing }

    /// Why a key rests, and for how long; nil for a key that does not rest.
    func rest(of key: UpstreamKey) -> (refusal: Refusal, left: Duration)? {
        state.keys.rest(of: key.print, now: surroundings.monotonicNanoseconds())
    }

    /// Mints one client secret.
    /// - Parameters:
    ///   - body: the body of the mint: the session with the overrides of the request.
    ///   - safetyIdentifier: the identifier of the caller; nil for the operator.
    ///   - trace: the trace of the request; nil if no trusted proxy names one.
    ///   - client: the socket of the client, who may have to wait for a place; nil for none.
    package func mint(
        _ body: [UInt8], for session: Session, requestID: RequestID, safetyIdentifier: String? = nil,
        trace: TraceParent? = nil, client: Int32? = nil
    ) async throws(MintFailure) -> ClientSecret {
        try await complete(
            begin(
                body, for: session, requestID: requestID, safetyIdentifier: safetyIdentifier, trace: trace,
                client: client))
    }

    /// What is the same in all attempts.
    ///
    /// An object, because the memory of a task holds what its functions hold: with copies of the values, and of what is
    /// made of them before and after waiting, each token in flight kept 20 KB. For the same reason the functions that
    /// prepare a request and judge its answer are not inlined into the one that waits.
    final class Mint: Sendable {
        fileprivate let body: [UInt8]
        fileprivate let session: Session
        fileprivate let url: String
        fileprivate let requestID: RequestID
        fileprivate let safetyIdentifier: String?
        fileprivate let trace: TraceParent?
        fileprivate let pass: UpstreamState.Pass
        fileprivate let deadline: UInt64
        fileprivate let client: Int32?

        fileprivate init(
            body: [UInt8], session: Session, url: String, requestID: RequestID, safetyIdentifier: String?,
            trace: TraceParent?, pass: UpstreamState.Pass, deadline: UInt64, client: Int32?
        ) {
            self.body = body
            self.session = session
            self.url = url
            self.requestID = requestID
            self.safetyIdentifier = safetyIdentifier
            self.trace = trace
            self.pass = pass
            self.deadline = deadline
            self.client = client
        }
    }

    /// Enters the upstream for a mint, which then has to be completed.
    @inline(never)
    func begin(
        _ body: [UInt8], for session: Session, requestID: RequestID, safetyIdentifier: String?, trace: TraceParent?,
        client: Int32?
    ) throws(MintFailure) -> Mint {
        guard let url = urls[session.kind] else {
            preconditionFailure("tokens for a session without client secrets are refused before")
        }
        let now = surroundings.monotonicNanoseconds()
        do throws(Refusal) {
            return Mint(
                body: body, session: session, url: url, requestID: requestID, safetyIdentifier: safetyIdentifier,
                trace: trace, pass: try state.enter(now: now, under: upstream),
                deadline: now + upstream.timeout.nanoseconds, client: client)
        } catch {
            throw MintFailure(refusal: error, report: nil)
        }
    }

    /// Tries the keys that do not rest in order, and again after a transient failure, until the deadline.
    func complete(_ mint: Mint) async throws(MintFailure) -> ClientSecret {
        let pass = mint.pass.mustWait ? try await wait(with: mint) : mint.pass
        defer { state.leave(pass) }
        var retries = 0
        var key = try firstKey()
        while true {
            let verdict: MintVerdict
            let sent = surroundings.monotonicNanoseconds()
            do {
                let response = try await send(request(for: mint, with: key.fields, now: sent))
                verdict = judge(response, of: mint, by: key, sent: sent)
            } catch {
                verdict = judge(error, by: key, sent: sent)
            }
            switch verdict {
            case .minted(let secret): return secret
            case .final(let failure): throw reported(failure, of: mint)
            case .tryNextKey(let failure): key = try nextKey(after: key, failure, of: mint)
            case .retry(let failure, let time):
                retries += 1
                let delay = time ?? backoff(before: retries)
                let now = surroundings.monotonicNanoseconds()
                let isTooLate = now + delay.nanoseconds >= mint.deadline
                if retries > Minter.retries || isTooLate { throw reported(failure, of: mint) }
                state.pauses(for: delay, now: now)
                await surroundings.sleep(delay)
                if Task.isCancelled {
                    throw MintFailure(refusal: .shuttingDown, report: failure.report, key: failure.key)
                }
            }
        }
    }

    @inline(never)
    private func wait(with mint: Mint) async throws(MintFailure) -> UpstreamState.Pass {
        do throws(Refusal) {
            return try await state.wait(with: mint.pass, client: mint.client, under: upstream, surroundings)
        } catch {
            throw MintFailure(refusal: error, report: nil)
        }
    }

    private func firstKey() throws(MintFailure) -> UpstreamKey {
        do throws(Refusal) {
            return try state.keys.first(of: keys, now: surroundings.monotonicNanoseconds())
        } catch {
            throw MintFailure(refusal: error, report: nil)
        }
    }

    @inline(never)
    private func nextKey(
        after key: UpstreamKey, _ failure: MintFailure, of mint: Mint
    ) throws(MintFailure) -> UpstreamKey {
        let now = surroundings.monotonicNanoseconds()
        state.keys.refused(key, of: keys, failure.refusal, requestID: mint.requestID, now: now)
        guard now < mint.deadline, let next = state.keys.next(after: key, of: keys, now: now) else { throw failure }
        return next
    }

    @inline(never)
    private func reported(_ failure: MintFailure, of mint: Mint) -> MintFailure {
        state.failed(
            failure.refusal, failure.report, of: .mint, requestID: mint.requestID,
            now: surroundings.monotonicNanoseconds())
        return failure
    }

    @inline(never)
    private func request(for mint: Mint, with common: CommonFields, now: UInt64) -> OutboundRequest {
        let time = mint.deadline > now ? mint.deadline - now : 1
        var request = OutboundRequest(
            method: .post, url: mint.url, fields: fields(of: mint, after: common), body: mint.body,
            responseFields: Minter.responseFields, timeout: .nanoseconds(time))
        request.failureFields = Minter.failureFields
        request.common = common
        return request
    }

    @inline(never)
    private func judge(_ response: Response, of mint: Mint, by key: UpstreamKey, sent: UInt64) -> MintVerdict {
        let verdict = MintVerdict(response, of: mint.url, for: mint.session, keys: upstream.keys, by: key)
        if verdict.showsThatKeyWorks { state.worked(key, sent: sent, now: surroundings.monotonicNanoseconds()) }
        return recorded(verdict, by: key, sent: sent)
    }

    @inline(never)
    private func judge(_ failure: TransferFailure, by key: UpstreamKey, sent: UInt64) -> MintVerdict {
        recorded(MintVerdict(failure, by: key), by: key, sent: sent)
    }

    private func recorded(_ verdict: MintVerdict, by key: UpstreamKey, sent: UInt64) -> MintVerdict {
        let isAlive = verdict.isUpstreamAlive
        if let isAlive { state.record(isAlive: isAlive, sent: sent, now: surroundings.monotonicNanoseconds()) }
        if isAlive != true { state.keys.learnedNothing(about: key, now: surroundings.monotonicNanoseconds()) }
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

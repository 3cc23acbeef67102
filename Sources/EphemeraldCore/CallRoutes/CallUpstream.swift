import HTTP
import JSON
import Sessions

/// Creates calls at the upstream.
package final class CallUpstream: Sendable {
    /// The fields that are read of an answer.
    private static let responseFields: [StaticString] = ["location", "x-request-id", "retry-after-ms", "retry-after"]

    let upstream: Upstream
    private let keys: [UpstreamKey]
    private let state: UpstreamState
    private let surroundings: Surroundings
    private let send: Minter.Send

    /// - Parameters:
    ///   - state: the same for all loops.
    ///   - send: sends a request to the upstream, on the loop of this object.
    package init(upstream: Upstream, state: UpstreamState, surroundings: Surroundings, send: @escaping Minter.Send) {
        self.upstream = upstream
        keys = upstream.namedKeys
        self.state = state
        self.surroundings = surroundings
        self.send = send
    }

    /// What a creation needs besides its session.
    struct Creation {
        let request: CallRequest
        let session: Session
        let type: CallType
        let requestID: RequestID
        let safetyIdentifier: String?
        let trace: TraceParent?
        /// The socket of the client, who may have to wait; nil for none.
        let client: Int32?
    }

    /// Creates a call. The request is sent once with each key that does not rest, and with the next key only when the
    /// upstream refuses the key or its account is used up.
    func create(_ creation: Creation, _ object: JSONObject) async throws(CallFailure) -> (CreatedCall, UpstreamKey) {
        let body = body(of: creation, object)
        let began = surroundings.monotonicNanoseconds()
        let pass: UpstreamState.Pass
        do throws(Refusal) {
            let entered = try state.enter(now: began, under: upstream, for: .creation)
            pass = try await state.wait(with: entered, client: creation.client, under: upstream, surroundings)
        } catch {
            throw CallFailure(refusal: error, report: nil, isLost: false)
        }
        defer { state.leave(pass) }
        // After that step, because a key may have only one try.
        var key: UpstreamKey
        do throws(Refusal) {
            key = try state.keys.first(of: keys, now: surroundings.monotonicNanoseconds())
        } catch {
            throw CallFailure(refusal: error, report: nil, isLost: false)
        }
        let deadline = began + upstream.timeout.nanoseconds
        while true {
            let sent = surroundings.monotonicNanoseconds()
            let attempt = await attempt(creation, body, key: key, now: sent, until: deadline)
            let now = surroundings.monotonicNanoseconds()
            switch attempt {
            case .created(let call):
                state.record(isAlive: true, sent: sent, now: now, of: .creation)
                state.worked(key, sent: sent, now: now)
                return (call, key)
            case .failed(var failure, let isAlive, let triesNextKey, let keyWorks):
                if let isAlive { state.record(isAlive: isAlive, sent: sent, now: now, of: .creation) }
                if keyWorks { state.worked(key, sent: sent, now: now) }
                if isAlive != true { state.keys.learnedNothing(about: key, now: now) }
                failure.key = key
                guard triesNextKey else {
                    state.failed(
                        failure.refusal, failure.report, of: .creation, requestID: creation.requestID, now: now)
                    throw failure
                }
                state.keys.refused(key, of: keys, failure.refusal, requestID: creation.requestID, now: now)
                guard now < deadline, let next = state.keys.next(after: key, of: keys, now: now) else { throw failure }
                key = next
            }
        }
    }

    private func body(of creation: Creation, _ object: JSONObject) -> CallBody {
        switch creation.type {
        case .realtime:
            .realtime(offer: creation.request.offer, session: object, randomBits: surroundings.randomBits())
        case .live:
            .live(
                offer: creation.request.offer, session: object, dataChannelID: creation.request.dataChannelID,
                safetyIdentifier: creation.safetyIdentifier)
        }
    }

    private enum Attempt {
        case created(CreatedCall)
        /// - Parameters:
        ///   - isAlive: whether the upstream works; nil when that is not known.
        ///   - keyWorks: whether the upstream accepted the key, and refused the request for another reason.
        case failed(CallFailure, isAlive: Bool?, triesNextKey: Bool = false, keyWorks: Bool = false)
    }

    private func attempt(
        _ creation: Creation, _ body: CallBody, key: UpstreamKey, now: UInt64, until deadline: UInt64
    ) async -> Attempt {
        let isRealtime = creation.type == .realtime
        let query = isRealtime ? creation.request.dataChannelID.map { "?dcid=\($0)" } ?? "" : ""
        let url = "\(upstream.baseURL)/\(creation.type.path)\(query)"
        var fields = upstream.callFields(key: key.secret, requestID: creation.requestID)
        fields.append("Content-Type", body.contentType)
        // A Live session has the identifier in its body.
        if isRealtime, let identifier = creation.safetyIdentifier {
            fields.append("OpenAI-Safety-Identifier", identifier)
        }
        if upstream.passesTrace, let trace = creation.trace { fields.append("traceparent", trace.outgoing) }
        fields.append("Accept", isRealtime ? "application/sdp" : "application/json")
        var request = OutboundRequest(
            method: .post, url: url, fields: fields, body: body.bytes, responseFields: CallUpstream.responseFields,
            timeout: .nanoseconds(deadline > now ? deadline - now : 1))
        request.mayRepeat = false
        let response: Response
        do throws(TransferFailure) {
            response = try await send(request)
        } catch {
            return failure(error)
        }
        if response.status.rawValue / 100 == 2 {
            do throws(UnreadableAnswer) {
                return .created(try CreatedCall(response, type: creation.type))
            } catch {
                var report = UpstreamReport(response, hiding: upstream.keys)
                (report.code, report.message) = ("unreadable_answer", nil)
                var failure = CallFailure(refusal: .upstreamError, report: report, isLost: true)
                failure.stray = CreatedCall.id(in: response, type: creation.type).map {
                    CallFailure.Stray(upstreamID: $0, key: key.print)
                }
                return .failed(failure, isAlive: false)
            }
        }
        return refusal(response, of: url, creation, by: key)
    }

    private func failure(_ transfer: TransferFailure) -> Attempt {
        let isLost =
            switch transfer {
            case .cannotConnect, .tls: false
            // The upstream may have created the call, and nobody has its answer.
            case .timedOut, .broken, .tooLarge, .cancelled: true
            }
        let refusal: Refusal =
            switch transfer {
            case .timedOut: .upstreamTimeout
            case .cancelled: .shuttingDown
            case .cannotConnect, .tls, .broken, .tooLarge: .upstreamError
            }
        let failure = CallFailure(refusal: refusal, report: UpstreamReport(transfer), isLost: isLost)
        return .failed(failure, isAlive: transfer == .cancelled ? nil : false)
    }

    private func refusal(
        _ response: Response, of url: String, _ creation: Creation, by key: UpstreamKey
    ) -> Attempt {
        let verdict = MintVerdict(response, of: url, for: creation.session, keys: upstream.keys, by: key)
        let failure = verdict.failure
        var refusal = failure?.refusal ?? .upstreamError
        if failure?.report?.code == "invalid_offer" { refusal = .invalidOffer(nil) }
        let isNextKey = if case .tryNextKey = verdict { true } else { false }
        return .failed(
            CallFailure(refusal: refusal, report: failure?.report, isLost: false), isAlive: verdict.isUpstreamAlive,
            triesNextKey: isNextKey, keyWorks: verdict.showsThatKeyWorks)
    }
}

/// Why a call was not created.
struct CallFailure: Error {
    /// The refusal that the browser gets.
    let refusal: Refusal
    /// The report for the log; nil when the upstream was not called.
    let report: UpstreamReport?
    /// Whether the upstream may have created the call.
    let isLost: Bool
    /// The call that the upstream created with an answer that cannot be used; nil when it has not said which.
    var stray: Stray?
    /// The key that was tried last; nil when the upstream was not called.
    var key: UpstreamKey?

    /// What is needed to end a call that nobody can connect to.
    struct Stray {
        let upstreamID: String
        let key: KeyPrint
    }
}

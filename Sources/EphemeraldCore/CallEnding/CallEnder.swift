package import HTTP

/// Ends calls upstream, past the circuit breaker and the limit on mints in progress: a call that goes on costs money.
///
/// One attempt at a time for each call is its owner's matter, and so is the next one when nobody knows the result.
package final class CallEnder: Sendable {
    /// Attaches to a sideband, and waits for its result. It never takes longer than the request says, but for the
    /// connection.
    package typealias Attach = @Sendable (SidebandRequest) async -> SidebandOutcome

    private let upstream: Upstream
    /// That of the upstream, as calls name it.
    private let server: String
    /// Of its keys, in order.
    private let prints: [KeyPrint]
    private let surroundings: Surroundings
    private let send: Minter.Send
    private let attach: Attach

    /// - Parameters:
    ///   - send: sends a request to the upstream, on the loop of this object.
    ///   - attach: the same for sidebands.
    package init(
        upstream: Upstream, surroundings: Surroundings, send: @escaping Minter.Send, attach: @escaping Attach
    ) {
        self.upstream = upstream
        server = upstream.callServer
        prints = upstream.keys.map { KeyPrint(ofKey: $0.reveal()) }
        self.surroundings = surroundings
        self.send = send
        self.attach = attach
    }

    /// How long after its creation a call that is not found may still begin, in seconds: before its media are connected
    /// the upstream may not know its id.
    static let settlingSeconds = 60

    /// Tries to end a call with the key that created it. If that key is gone or refused, the others are tried in order.
    /// - Parameter other: the ender whose keys are tried last; nil for none.
    package func end(_ call: CallRecord, or other: CallEnder? = nil) async -> EndVerdict {
        let creator = prints.firstIndex(of: call.key)
        var reason = ""
        for index in (creator.map { [$0] } ?? []) + upstream.keys.indices.filter({ $0 != creator }) {
            let attempt = await attempt(call, with: upstream.keys[index], isByCreator: index == creator)
            guard case .unsure(let latest) = attempt.verdict else { return attempt.verdict }
            reason = latest
            if index == creator, !attempt.isKeyRefused { return .unsure(reason) }
            if Task.isCancelled { return .unsure(reason) }
        }
        guard let other, other !== self else { return .unsure(reason) }
        return await other.end(call)
    }

    /// What the answers about a call are believed.
    private func belief(about call: CallRecord, isByCreator: Bool) -> Belief {
        // Another upstream does not know the call, which therefore may go on.
        guard server == call.upstreamHost else { return .nothing }
        let age = Int64(surroundings.monotonicNanoseconds()) - call.opened
        return isByCreator && age >= CallEnder.settlingSeconds.nanoseconds ? .everything : .confirmation
    }

    /// Whether this upstream created the call with a key that it still has.
    package func hasCreator(of call: CallRecord) -> Bool {
        server == call.upstreamHost && prints.contains(call.key)
    }

    /// Whether the other one can end the same calls.
    package func hasSameKeys(as other: CallEnder) -> Bool {
        server == other.server && prints == other.prints
    }

    private func attempt(
        _ call: CallRecord, with key: Secret, isByCreator: Bool
    ) async -> (verdict: EndVerdict, isKeyRefused: Bool) {
        let belief = belief(about: call, isByCreator: isByCreator)
        var attempt = EndAttempt(call.plan.type, believing: belief)
        let fields = upstream.callFields(key: key, requestID: RequestID(randomBits: surroundings.randomBits()))
        let url = "\(upstream.baseURL)/\(call.plan.type.path)/\(call.upstreamID)"
        while true {
            switch attempt.step {
            case .finished(.unsure) where attempt.isNotFound && isByCreator && belief == .confirmation:
                return (.notYet, false)
            case .finished(let verdict): return (verdict, attempt.isKeyRefused)
            case .attach(let time):
                let request = SidebandRequest(url: "\(url)/attach", fields: fields, timeout: time)
                attempt.attached(await attach(request))
            case .hangUp:
                let request = OutboundRequest(
                    method: .post, url: "\(url)/hangup", fields: fields, responseFields: [],
                    timeout: EndAttempt.shortTime)
                do throws(TransferFailure) {
                    attempt.hungUp(try await send(request))
                } catch {
                    attempt.hungUp(error)
                }
            }
        }
    }
}

/// A request to attach to the sideband of a Live session and to close the session.
package struct SidebandRequest: Hashable, Sendable {
    /// The address with the scheme of the upstream, `https://` or `http://`.
    package let url: String
    /// The credentials of the upstream.
    package let fields: Fields
    /// How long the sideband is read for `session.closed`.
    package let timeout: Duration
}

extension CallType {
    /// The path of its calls, below the base URL.
    var path: String {
        switch self {
        case .realtime: "realtime/calls"
        case .live: "live/sessions"
        }
    }
}

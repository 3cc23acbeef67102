package import HTTP
import Locking

/// Ends calls upstream, past the circuit breaker and the limit on mints in progress: a call that goes on costs money.
///
/// One attempt at a time for each call is its owner's matter, and so is the next one when nobody knows the result.
package final class CallEnder: Sendable {
    /// Attaches to a sideband, and waits for its result. It never takes longer than the request says, but for the
    /// connection.
    package typealias Attach = @Sendable (SidebandRequest) async -> SidebandOutcome

    private let upstream: Upstream
    private let surroundings: Surroundings
    private let places: SidebandPlaces
    private let send: Minter.Send
    private let attach: Attach

    /// - Parameters:
    ///   - places: the same for all loops.
    ///   - send: sends a request to the upstream, on the loop of this object.
    ///   - attach: the same for sidebands.
    package init(
        upstream: Upstream, surroundings: Surroundings, places: SidebandPlaces, send: @escaping Minter.Send,
        attach: @escaping Attach
    ) {
        self.upstream = upstream
        self.surroundings = surroundings
        self.places = places
        self.send = send
        self.attach = attach
    }

    /// Tries to end a call with the key that created it. If that key is gone, each key is tried in order.
    package func end(_ call: CallRecord) async -> EndVerdict {
        let creator = upstream.keys.first { KeyPrint(ofKey: $0.reveal()) == call.key }
        // Another upstream does not know the call, which therefore may go on.
        let isByCreator = creator != nil && upstream.host == call.upstreamHost
        var reason = ""
        for key in creator.map({ [$0] }) ?? upstream.keys {
            switch await end(call, with: key, isByCreator: isByCreator) {
            case .over(let seconds): return .over(reportedSeconds: seconds)
            case .unsure(let latest): reason = latest
            }
            if Task.isCancelled { break }
        }
        return .unsure(reason)
    }

    /// Whether this upstream created the call with a key that it still has.
    package func hasCreator(of call: CallRecord) -> Bool {
        upstream.host == call.upstreamHost && prints.contains(call.key)
    }

    /// Whether the other one can end the same calls.
    package func hasSameKeys(as other: CallEnder) -> Bool {
        upstream.host == other.upstream.host && prints == other.prints
    }

    private var prints: [KeyPrint] { upstream.keys.map { KeyPrint(ofKey: $0.reveal()) } }

    private func end(_ call: CallRecord, with key: Secret, isByCreator: Bool) async -> EndVerdict {
        var attempt = EndAttempt(call.plan.type, isByCreator: isByCreator)
        let fields = upstream.callFields(key: key, requestID: RequestID(randomBits: surroundings.randomBits()))
        let url = "\(upstream.baseURL)/\(call.plan.type.path)/\(call.upstreamID)"
        while true {
            switch attempt.step {
            case .finished(let verdict): return verdict
            case .attach(let time):
                let request = SidebandRequest(url: "\(url)/attach", fields: fields, timeout: time)
                await places.enter()
                let outcome = await attach(request)
                places.leave()
                attempt.attached(outcome)
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

/// The places for sidebands that are attached at once, over all loops: each carries the audio of its session. Those that
/// find no place wait in order.
package final class SidebandPlaces: Sendable {
    /// How many there are in a process by default.
    package static let standard = 64

    private struct State: Sendable {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>

    /// - Parameter count: at least 1.
    package init(_ count: Int = SidebandPlaces.standard) {
        state = Locked(State(free: count))
    }

    /// Waits for a place and takes it.
    package func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives the place to the first that waits.
    package func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
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

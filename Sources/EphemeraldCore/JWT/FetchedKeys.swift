import HTTP
import Locking
import Text

/// The keys at an address (a JWKS, RFC 7517 section 5), which all loops share.
///
/// They are fetched when there are none, when their lifetime is over, and when a token names a key that is not among
/// them, by one request for all that wait: at most once a minute, and every five seconds while there are none. If a set
/// cannot be fetched or read, the old one stays in force.
package final class FetchedKeys: Sendable {
    private struct State {
        var keys: KeySet?
        /// The time until which no newer keys are fetched. Nanoseconds on the monotonic clock, like the next one.
        var freshUntil: UInt64 = 0
        var nextFetch: UInt64 = 0
        var isBeingFetched = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private enum Decision {
        case use(KeySet.Match)
        /// Newer keys have to be fetched first, or are being fetched.
        case fetch
        case giveUp(Duration)
    }

    /// The timeout of an exchange.
    private static let timeout = Duration.seconds(5)
    /// The pause between the beginnings of two exchanges while there are keys, and after a failed one while there are none.
    private static let pause = Duration.seconds(60)
    private static let pauseWithoutKeys = Duration.seconds(5)

    let url: String
    private let state = Locked(State())
    /// Whether results are reported. Held during a report, so that none follows ``retire()``.
    private let isInForce = Locked(true)

    /// - Parameter url: an absolute URL; https, or http on loopback.
    package init(url: String) {
        self.url = url
    }

    /// Fetches the keys if there are none and no other loop fetches them.
    func prepare(_ means: KeyFetching) async {
        if beginFetch(now: means.surroundings.monotonicNanoseconds()) { await fetch(means) }
    }

    /// The settings no longer have this address. An exchange that is under way, or that an earlier request begins, is not
    /// reported: it would say how another set of keys is, or that keys fail when none are fetched.
    func retire() {
        isInForce.withLock { $0 = false }
    }

    /// The key for a token. Waits only if a newer set may have it.
    func match(id: String?, algorithm: String, _ means: KeyFetching) throws(Refusal) -> Step<KeySet.Match> {
        let now = means.surroundings.monotonicNanoseconds()
        let decision = state.withLock { state in
            FetchedKeys.decision(state, state.keys?.match(id: id, algorithm: algorithm), now: now)
        }
        switch decision {
        case .use(let match): return .now(match)
        case .giveUp(let wait): throw .keysUnavailable(retryAfter: wait)
        case .fetch: break
        }
        return .later { [self] in
            if beginFetch(now: now) { await fetch(means) } else { await waitForFetch() }
            guard let keys = state.withLock(\.keys) else {
                return .failure(.keysUnavailable(retryAfter: FetchedKeys.pauseWithoutKeys))
            }
            return .success(keys.match(id: id, algorithm: algorithm))
        }
    }

    private static func decision(_ state: State, _ match: KeySet.Match?, now: UInt64) -> Decision {
        var isKnown = false
        if let match {
            if case .unknown = match {} else { isKnown = true }
            if isKnown, now < state.freshUntil { return .use(match) }
        }
        if state.isBeingFetched ? !isKnown : now >= state.nextFetch { return .fetch }
        return match.map(Decision.use) ?? .giveUp(.nanoseconds(max(state.nextFetch, now) - now))
    }

    /// Whether the caller has to fetch the keys. False when another one fetches them, or has just done so.
    private func beginFetch(now: UInt64) -> Bool {
        state.withLock { state in
            guard !state.isBeingFetched, now >= state.nextFetch else { return false }
            state.isBeingFetched = true
            return true
        }
    }

    private func waitForFetch() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isBeingFetched { state.waiting.append(continuation) }
                return !state.isBeingFetched
            }
            if isOver { continuation.resume() }
        }
    }

    /// To be called only after ``beginFetch(now:)`` has returned true.
    private func fetch(_ means: KeyFetching) async {
        let began = means.surroundings.monotonicNanoseconds()
        let result: Result<(keys: KeySet, lifetime: Duration), Invalid>
        do throws(Invalid) { result = .success(try await ask(means)) } catch { result = .failure(error) }
        let ended = means.surroundings.monotonicNanoseconds()
        let (waiting, hasKeys) = state.withLock { state in
            if case .success(let fresh) = result {
                state.keys = fresh.keys
                state.freshUntil = ended + fresh.lifetime.nanoseconds
            }
            state.nextFetch =
                state.keys == nil
                ? ended + FetchedKeys.pauseWithoutKeys.nanoseconds : began + FetchedKeys.pause.nanoseconds
            state.isBeingFetched = false
            defer { state.waiting = [] }
            return (state.waiting, state.keys != nil)
        }
        isInForce.withLock { if $0 { means.report(outcome(result, hasKeys: hasKeys)) } }
        for continuation in waiting { continuation.resume() }
    }

    private func ask(_ means: KeyFetching) async throws(Invalid) -> (keys: KeySet, lifetime: Duration) {
        let request = OutboundRequest(
            method: .get, url: url, fields: ["Accept": "application/jwk-set+json, application/json"],
            timeout: FetchedKeys.timeout)
        let response: Response
        do { response = try await means.send(request) } catch { throw Invalid("\(error)".loggable(256)) }
        guard response.status == .ok else { throw Invalid("the answer has the status \(response.status.rawValue)") }
        return (
            try KeySet(jwks: response.body, allowsSecrets: false), FetchedKeys.lifetime(of: response.fields)
        )
    }

    /// The lifetime by `max-age` (RFC 9111 section 5.2.2.1), an hour to a day.
    private static func lifetime(of fields: Fields) -> Duration {
        let directives = fields.values(of: "Cache-Control").joined(separator: ",").lowercased().split(separator: ",")
        let ages = directives.compactMap { directive in
            let parts = directive.split(separator: "=").map { $0.utf8.trimmingOptionalWhitespace }
            return parts.count == 2 && parts[0].elementsEqual("max-age".utf8) ? Int(Substring(parts[1])) : nil
        }
        return .seconds(min(max(ages.first ?? 0, 3_600), 86_400))
    }

    private func outcome(
        _ result: Result<(keys: KeySet, lifetime: Duration), Invalid>, hasKeys: Bool
    ) -> KeyFetching.Outcome {
        // What follows a question mark may be a key.
        let place = String(url.prefix { $0 != "?" })
        switch result {
        case .success(let fresh):
            let remarks = ["\(fresh.keys.count) keys for \(fresh.keys.algorithms)"] + fresh.keys.remarks
            return .fetched("\(place): \(remarks.joined(separator: "; "))".loggable(1_024))
        case .failure(let error):
            let rest = hasKeys ? "the old ones stay in force" : "tokens are answered with 503 until there are some"
            return .failed("\(place): no keys: \(error.reason); \(rest)".loggable(1_024))
        }
    }
}

/// What fetching keys needs from its loop, and where it reports the result.
package struct KeyFetching: Sendable {
    /// A result that the operator should know.
    package enum Outcome: Hashable, Sendable {
        /// Keys were fetched and replace the old ones; the text says how many, and what was left out.
        case fetched(String)
        /// Keys cannot be fetched or read; the text says why, and what is in force until they can: the old ones, or 503.
        case failed(String)
    }

    let surroundings: Surroundings
    fileprivate let send: Minter.Send
    fileprivate let report: @Sendable (Outcome) -> Void

    /// - Parameters:
    ///   - surroundings: the clocks; the wall clock is for the times in tokens.
    ///   - send: sends a request to the address of the keys, which is not the upstream's.
    ///   - report: called after every exchange, on the loop that made it.
    package init(
        surroundings: Surroundings, send: @escaping Minter.Send, report: @escaping @Sendable (Outcome) -> Void
    ) {
        self.surroundings = surroundings
        self.send = send
        self.report = report
    }
}

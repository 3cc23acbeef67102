import EphemeraldCore
import HTTP
import Locking

/// A caller that presents tokens, on a clock that a test sets.
struct TokenTrial: Sendable {
    let clock = ManualClock()
    let callers: Authenticator
    /// Where keys are fetched from.
    let provider: ScriptedUpstream
    private let seconds = Locked(Double(TestKeys.now))
    private let outcomes = Locked<[KeyFetching.Outcome]>([])

    init(_ keys: KeySet = TestKeys.all, rules: TokenRules = TokenRules(issuer: nil, audience: nil)) {
        callers = Authenticator([.jwt(TokenVerifier(keys: .fixed(keys), rules: rules))])
        provider = ScriptedUpstream(.failure(.timedOut), clock: clock)
    }

    /// Keys from an address.
    init(_ steps: ScriptedUpstream.Step) {
        let keys = FetchedKeys(url: "https://id.example/jwks.json?key=canary")
        callers = Authenticator([
            .jwt(TokenVerifier(keys: .fetched(keys), rules: TokenRules(issuer: nil, audience: nil)))
        ])
        provider = ScriptedUpstream(steps, clock: clock)
    }

    init(_ callers: Authenticator) {
        self.callers = callers
        provider = ScriptedUpstream(.failure(.timedOut), clock: clock)
    }

    /// The outcomes reported to the operator.
    var reported: [KeyFetching.Outcome] { outcomes.withLock { $0 } }

    func setClock(_ time: Double) { seconds.withLock { $0 = time } }

    var means: KeyFetching {
        let surroundings = Surroundings(
            monotonicNanoseconds: clock.surroundings.monotonicNanoseconds,
            unixMilliseconds: { [seconds] in Int64(seconds.withLock { $0 } * 1_000) }, sleep: { _ in })
        return KeyFetching(surroundings: surroundings, send: provider.send) { [outcomes] outcome in
            outcomes.withLock { $0.append(outcome) }
        }
    }

    func caller(_ token: String) async throws(Refusal) -> Caller? {
        try await callers.identify(
            .token(fields: ["Authorization": "Bearer \(token)"]), behind: TrustedProxies.none, means
        ).value
    }

    /// The caller's name; else why the token is refused, or the code of the refusal.
    func outcome(_ token: String) async -> String {
        do throws(Refusal) {
            return try await caller(token)?.name ?? "anybody"
        } catch {
            if case .authenticationFailed(let flaw?) = error { return flaw.rawValue }
            return error.code
        }
    }
}

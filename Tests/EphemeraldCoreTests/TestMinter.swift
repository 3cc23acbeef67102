import EphemeraldCore
import HTTP
import Locking
import Sessions

/// A minter with an upstream from a script.
struct TestMinter: Sendable {
    let minter: Minter
    let upstream: ScriptedUpstream
    let state: UpstreamState
    let emergencies: Emergencies
    private let lines = Locked<[String]>([])
    var clock: ManualClock { upstream.clock }

    init(
        _ upstream: ScriptedUpstream = ScriptedUpstream(.minted), keys: [String] = ["sk-a"],
        change: (inout Upstream) -> Void = { _ in }
    ) {
        self.upstream = upstream
        var settings = Upstream(baseURL: "https://api.openai.test/v1", keys: keys.map { Secret($0) })
        change(&settings)
        emergencies = Emergencies { [lines] notice in lines.withLock { $0.append(notice.message) } }
        state = UpstreamState(emergencies)
        minter = Minter(
            upstream: settings, state: state, surroundings: upstream.clock.surroundings, send: upstream.send)
    }

    /// The value of the secret, or why there is none.
    func mint(_ session: String = "default") async -> Result<String, MintFailure> {
        let session = TestSessions.session(session)
        do {
            let secret = try await minter.mint(session.body, for: session, requestID: RequestID(randomBits: 0xABC))
            return .success(secret.value.reveal())
        } catch {
            return .failure(error)
        }
    }

    /// The code of the refusal for which a key rests; nil for a key that does not.
    func reasonToRest(_ key: UpstreamKey) -> String? {
        state.keys.rest(of: key.print, now: clock.surroundings.monotonicNanoseconds())?.refusal.code
    }

    /// What the operator is told about emergencies.
    var notices: [String] { lines.withLock { $0 } }

    /// The keys that the upstream received, in order.
    var received: [String] { upstream.requests.compactMap { $0.fields["Authorization"] } }
}

extension Result where Success == String, Failure == MintFailure {
    var value: String? { try? get() }

    var failure: MintFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }

    var code: String? { failure?.refusal.code }
}

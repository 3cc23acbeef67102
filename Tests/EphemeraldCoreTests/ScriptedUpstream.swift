import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions

/// An upstream that answers from a script, repeats its last line, and records the requests.
final class ScriptedUpstream: Sendable {
    enum Step: Sendable {
        case answer(Response)
        case failure(TransferFailure)
        /// After so long on the clock of the test.
        indirect case after(Duration, Step)
        /// Once the gate is open.
        indirect case afterGate(Gate, Step)

        static let minted = Step.answer(.minted())
    }

    private struct State {
        var steps: ArraySlice<Step>
        var requests: [OutboundRequest] = []
    }

    private let state: Locked<State>
    let clock: ManualClock

    init(_ steps: Step..., clock: ManualClock = ManualClock()) {
        state = Locked(State(steps: steps[...]))
        self.clock = clock
    }

    var requests: [OutboundRequest] { state.withLock(\.requests) }

    /// Answers from another script from now on.
    func answer(_ steps: Step...) {
        state.withLock { $0.steps = steps[...] }
    }

    var send: Minter.Send {
        { request async throws(TransferFailure) in
            let step = self.state.withLock { state in
                state.requests.append(request)
                return state.steps.count > 1 ? state.steps.removeFirst() : state.steps.first
            }
            return try await self.play(step ?? .minted)
        }
    }

    private func play(_ step: Step) async throws(TransferFailure) -> Response {
        switch step {
        case .answer(let response): return response
        case .failure(let failure): throw failure
        case .after(let time, let next):
            clock.advance(by: time)
            return try await play(next)
        case .afterGate(let gate, let next):
            await gate.pass()
            if Task.isCancelled { throw .cancelled }
            return try await play(next)
        }
    }
}

extension OutboundRequest {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Response {
    /// What a mint answers with.
    static func minted(_ value: String = "ek_one", session: JSONObject = ["id": "sess_1", "model": "gpt-realtime-2.1"])
        -> Response
    {
        let body: JSONObject = ["value": .string(value), "expires_at": 1_795_349_400, "session": .object(session)]
        return Response(.ok, fields: ["x-request-id": "req_1"], body: JSON.object(body).serialized())
    }

    /// An error in the form of OpenAI.
    static func error(_ status: Int, code: String = "x", message: String = "m", fields: Fields = [:]) -> Response {
        let error: JSONObject = ["message": .string(message), "type": "t", "param": .null, "code": .string(code)]
        return Response(
            Status(rawValue: status), fields: fields, body: JSON.object(["error": .object(error)]).serialized())
    }
}

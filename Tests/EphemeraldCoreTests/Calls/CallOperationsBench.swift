import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import TestPolicy
import Testing

/// The operations listener of a keeper that ends calls only when the test says so.
final class CallOperationsBench: Sendable {
    struct State: Sendable {
        var seconds = 0
        var tasks: [@Sendable () async -> Void] = []
        var settled: [CallSettlement] = []
        var verdict = EndVerdict.over(reportedSeconds: nil)
    }

    let state = Locked(State())
    let keeper: CallKeeper
    let service: OperationsService

    init() {
        let state = state
        keeper = CallKeeper(
            surroundings: Surroundings(
                monotonicNanoseconds: { at(1_000 * state.withLock(\.seconds)) }, unixMilliseconds: { 0 },
                sleep: { _ in }),
            outlets: CallKeeper.Outlets(
                wake: { _ in }, start: { task in state.withLock { $0.tasks.append(task) } },
                end: { _ in state.withLock(\.verdict) },
                settle: { settlement in state.withLock { $0.settled.append(settlement) } }, record: { _ in true }))
        service = OperationsService(
            name: "ops.internal", readiness: { Response(.ok) }, families: { [] }, calls: keeper)
    }

    /// Has a call from that second on, taken over from the usage log.
    func open(_ index: Int, _ plan: CallPlan = TestCalls.plan(), at seconds: Int = 0) {
        state.withLock { $0.seconds = seconds }
        let line: JSONObject = [
            "timestamp": "1970-01-01T00:00:00.000Z", "ephemerald.request.id": "r", "server.address": "api.openai.com",
            "enduser.pseudo.id": plan.caller.map { .string($0) } ?? .null,
            "ephemerald.session.name": .string(plan.session),
            "ephemerald.call.id": .string("\(TestCalls.names[index])"),
            "ephemerald.call.type": .string(plan.type.rawValue), "ephemerald.call.upstream_id": .string("rtc_\(index)"),
            "ephemerald.call.key": .string("\(KeyPrint(ofKey: "sk-1"))"),
            "ephemerald.call.binding": .string("\(plan.binding)"),
            "ephemerald.call.ends_at": .number(JSONNumber(plan.maximumSeconds)),
            "ephemerald.call.lease_seconds": .number(JSONNumber(plan.leaseSeconds)),
            "ephemerald.call.price": .number(JSONNumber(Int(plan.price?.perMinute.micros ?? 0))),
        ]
        var history = CallHistory()
        guard case .opened(let call) = history.read(JSON.object(line).serialized()[...]) else {
            Issue.record("the line is not about a creation: \(line)")
            return
        }
        keeper.restore(call, atUnixSeconds: 0)
    }

    func ask(
        _ method: Method, _ target: String, _ fields: Fields = ["Host": "localhost"], from peer: Peer = .unix
    ) -> Response {
        service.answer(to: Request(method: method, target: target, fields: fields, peer: peer))
    }

    func runTasks() async {
        let tasks = state.withLock { state in
            defer { state.tasks = [] }
            return state.tasks
        }
        for task in tasks { await task() }
    }
}

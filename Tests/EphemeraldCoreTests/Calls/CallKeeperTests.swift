import EphemeraldCore
import Locking
import TestPolicy
import Testing

/// A keeper whose clock, timer and upstream belong to the test. Tasks run when the test says so.
private final class Bench: Sendable {
    struct State: Sendable {
        var milliseconds = 0
        var wakeUps: [UInt64] = []
        var tasks: [@Sendable () async -> Void] = []
        var ended: [CallName] = []
        var settled: [CallSettlement] = []
        var attempt = EndVerdict.over(reportedSeconds: nil)
        var lines: [String] = []
    }

    let state = Locked(State())
    let keeper: CallKeeper

    init() {
        let state = state
        let surroundings = Surroundings(
            monotonicNanoseconds: { at(state.withLock(\.milliseconds)) }, unixMilliseconds: { 0 }, sleep: { _ in })
        keeper = CallKeeper(
            surroundings: surroundings,
            outlets: CallKeeper.Outlets(
                wake: { time in state.withLock { $0.wakeUps.append(time) } },
                start: { task in state.withLock { $0.tasks.append(task) } },
                end: { record in
                    state.withLock { state in
                        state.ended.append(record.name)
                        return state.attempt
                    }
                },
                settle: { settlement in state.withLock { $0.settled.append(settlement) } },
                record: { line in
                    state.withLock { $0.lines.append(String(decoding: line, as: UTF8.self)) }
                    return true
                }))
    }

    /// Runs the tasks that were started, all at once.
    func runTasks() async {
        let tasks = state.withLock { state in
            defer { state.tasks = [] }
            return state.tasks
        }
        await withTaskGroup { group in
            for task in tasks { group.addTask { await task() } }
        }
    }

    func open(_ index: Int, _ plan: CallPlan = TestCalls.plan()) {
        let claim = AdmissionClaim(limits: LimitChecks(), quotas: [])
        let admission = keeper.admit(
            TestCalls.names[index], plan, claim, within: CallMaxima(), counting: Locked(AdmissionCounts()),
            unixMilliseconds: 0)
        guard case .admitted = admission else {
            Issue.record("\(admission)")
            return
        }
        _ = keeper.open(
            TestCalls.names[index], upstreamID: "rtc_\(index)", upstreamHost: "api.openai.com",
            key: KeyPrint(ofKey: "sk-1"))
    }

    /// Moves the clock and acts, as the timer does.
    func act(at milliseconds: Int) async {
        state.withLock { $0.milliseconds = milliseconds }
        keeper.act()
        await runTasks()
    }
}

@Suite struct `The keeper of calls` {
    @Test func `ends a call whose lease is over and settles it once`() async {
        let bench = Bench()
        bench.open(0)
        #expect(bench.state.withLock(\.wakeUps) == [at(60_000)])
        await bench.act(at: 59_999)
        #expect(bench.state.withLock(\.ended) == [])
        await bench.act(at: 60_000)
        await bench.act(at: 90_000)
        #expect(bench.state.withLock(\.ended) == [TestCalls.names[0]])
        let settled = bench.state.withLock(\.settled)
        #expect(settled.map(\.reason) == [.lease])
        #expect(settled.map(\.seconds) == [60])
    }

    @Test func `arranges a wake-up only when something is due before the next one`() {
        let bench = Bench()
        bench.open(0)
        bench.open(1)
        bench.open(2, TestCalls.plan(leaseSeconds: 10))
        bench.state.withLock { $0.milliseconds = 5_000 }
        #expect(bench.keeper.renew(TestCalls.names[2], TestCalls.ann) == .renewed(secondsLeft: 1_795, leaseSeconds: 10))
        #expect(bench.state.withLock(\.wakeUps) == [at(60_000), at(10_000)])
    }

    @Test func `tries again until the upstream has ended the call`() async {
        let bench = Bench()
        bench.open(0)
        bench.state.withLock { $0.attempt = .unsure("no answer") }
        #expect(bench.keeper.end(TestCalls.names[0], .client))
        await bench.runTasks()
        #expect(bench.state.withLock(\.wakeUps).last == at(500))
        await bench.act(at: 500)
        #expect(bench.state.withLock(\.wakeUps).last == at(1_500))
        #expect(bench.keeper.listing().map(\.failures) == [2])
        bench.state.withLock { $0.attempt = .over(reportedSeconds: 1) }
        await bench.act(at: 1_500)
        let line =
            #"{"timestamp":"1970-01-01T00:00:00.000Z","event.name":"call.ending","ephemerald.request.id":"r","#
            + #""ephemerald.call.id":"\#(TestCalls.names[0])","ephemerald.call.reason":"client","#
            + #""enduser.pseudo.id":"ann","ephemerald.session.name":"default"}"#
        #expect(bench.state.withLock(\.lines) == [line + "\n"])
        #expect(bench.state.withLock(\.ended.count) == 3)
        #expect(bench.state.withLock(\.settled).map(\.reason) == [.client])
        #expect(bench.keeper.listing().isEmpty)
        // The id of a call that has ended lately can be used again to end it.
        #expect(bench.keeper.end(TestCalls.names[0], .client))
        #expect(!bench.keeper.end(CallID(randomBits: 9).name, .client))
    }

    @Test func `ends the calls that an operator selects`() async {
        let bench = Bench()
        bench.open(0)
        bench.open(1, TestCalls.plan(caller: "bob"))
        #expect(bench.keeper.endAll(.byOperator) { $0.record.plan.caller == "bob" } == 1)
        #expect(bench.keeper.endAll(.byOperator) { $0.record.plan.caller == "bob" } == 0)
        await bench.runTasks()
        #expect(bench.state.withLock(\.settled).map(\.reason) == [.byOperator])
        #expect(bench.keeper.listing().map(\.record.name) == [TestCalls.names[0]])
    }

    @Test func `takes over a call with a whole lease, and its account has the seconds of before`() async {
        let bench = Bench()
        var history = CallHistory()
        let line = pastLine(TestCalls.names[3])
        _ = history.read(Array(line.utf8)[...])
        for call in history.open(atUnixSeconds: 1_795_348_800 + 100) {
            bench.keeper.restore(call, atUnixSeconds: 1_795_348_800 + 100)
        }
        #expect(bench.state.withLock(\.wakeUps) == [at(60_000)])
        await bench.act(at: 60_000)
        #expect(bench.state.withLock(\.settled).map(\.seconds) == [160])
    }

    @Test func `goes on to end what an earlier process was ending`() async {
        let (first, second) = (Bench(), Bench())
        first.open(0)
        first.open(1)
        first.keeper.end(TestCalls.names[0], .byOperator)
        // Its attempt is still under way.
        first.keeper.recordEndings()
        var history = CallHistory()
        let lines = first.state.withLock(\.lines) + TestCalls.names.prefix(2).map(pastLine)
        for line in lines { _ = history.read(Array(line.utf8)[...]) }
        for call in history.open(atUnixSeconds: 1_795_348_800 + 100) {
            second.keeper.restore(call, atUnixSeconds: 1_795_348_800 + 100)
        }
        #expect(lines.count == 3)
        #expect(second.keeper.renew(TestCalls.names[0], TestCalls.ann) == .ended(.byOperator))
        await second.act(at: 0)
        #expect(second.state.withLock(\.ended) == [TestCalls.names[0]])
        #expect(second.state.withLock(\.settled).map(\.reason) == [.byOperator])
        #expect(second.keeper.listing().map(\.record.name) == [TestCalls.names[1]])
    }

    private func pastLine(_ name: CallName) -> String {
        #"{"timestamp":"2026-11-22T12:00:00.007Z","ephemerald.request.id":"r1","ephemerald.session.name":"default","#
            + #""server.address":"api.openai.com","ephemerald.call.id":"\#(name)","ephemerald.call.type":"realtime","#
            + #""ephemerald.call.upstream_id":"rtc_1","ephemerald.call.key":"3f9c01ab","#
            + #""ephemerald.call.binding":"\#(TestCalls.ann)","ephemerald.call.ends_at":1795350600,"#
            + #""ephemerald.call.lease_seconds":60}"#
    }
}

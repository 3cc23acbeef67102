import EphemeraldCore
import HTTP
import Locking
import TestPolicy
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Ending a call` {
    /// An upstream that answers as it is told, and what it was asked.
    private final class Script: Sendable {
        let requests = Locked<[OutboundRequest]>([])
        let sidebands = Locked<[SidebandRequest]>([])
        let hangUp: @Sendable (_ key: String) -> Response
        let sideband: @Sendable (_ key: String) -> SidebandOutcome

        init(
            hangUp: @escaping @Sendable (String) -> Response = { _ in Response(.ok) },
            sideband: @escaping @Sendable (String) -> SidebandOutcome = { _ in .failed("no") }
        ) {
            self.hangUp = hangUp
            self.sideband = sideband
        }

        func ender(
            keys: [String], clock: ManualClock = ManualClock(), baseURL: String = "https://api.openai.com/v1"
        ) -> CallEnder {
            var upstream = Upstream(baseURL: baseURL, keys: keys.map { Secret($0) })
            upstream.project = "proj_1"
            return CallEnder(
                upstream: upstream, surroundings: clock.surroundings,
                send: { request async throws(TransferFailure) -> Response in
                    self.requests.withLock { $0.append(request) }
                    return self.hangUp(request.fields["Authorization"] ?? "")
                },
                attach: { request in
                    self.sidebands.withLock { $0.append(request) }
                    return self.sideband(request.fields["Authorization"] ?? "")
                })
        }
    }

    private func call(_ type: CallType, key: String = "sk-a", host: String = "api.openai.com") -> CallRecord {
        CallRecord(
            name: TestCalls.names[0], plan: TestCalls.plan(type), upstreamID: "id_1", upstreamHost: host,
            key: KeyPrint(ofKey: key), openedAt: 0)
    }

    @Test func `of Realtime posts a hang-up with the key that created it`() async throws {
        let script = Script()
        let verdict = await script.ender(keys: ["sk-b", "sk-a"]).end(call(.realtime))
        #expect(verdict == .over(reportedSeconds: nil))
        let request = try #require(script.requests.withLock { $0.first })
        #expect(script.requests.withLock { $0.count } == 1)
        #expect(request.method == .post && request.body.isEmpty)
        #expect(request.url == "https://api.openai.com/v1/realtime/calls/id_1/hangup")
        #expect(request.fields["Authorization"] == "Bearer sk-a")
        #expect(request.fields["OpenAI-Project"] == "proj_1")
        #expect(request.fields["X-Client-Request-Id"]?.count == 32)
        #expect(request.fields["Content-Type"] == nil)
    }

    @Test func `of Live attaches, hangs up and attaches again`() async throws {
        let script = Script()
        let verdict = await script.ender(keys: ["sk-a"]).end(call(.live))
        let reason = "the sideband failed: no; before, the hang-up was answered with status 200"
        #expect(verdict == .unsure(reason))
        #expect(script.requests.withLock { $0.map(\.url) } == ["https://api.openai.com/v1/live/sessions/id_1/hangup"])
        let sidebands = script.sidebands.withLock { $0 }
        #expect(
            sidebands.map(\.url) == Array(repeating: "https://api.openai.com/v1/live/sessions/id_1/attach", count: 2))
        #expect(sidebands.map(\.timeout) == [.seconds(15), .seconds(3)])
        #expect(
            sidebands.allSatisfy { $0.fields["Authorization"] == "Bearer sk-a" && $0.fields["Content-Type"] == nil })
    }

    @Test func `tries each key in order when the one that created it is gone`() async {
        let script = Script { $0 == "Bearer sk-c" ? Response(.ok) : refusal(404, "call_id_not_found") }
        #expect(await script.ender(keys: ["sk-b", "sk-c", "sk-d"]).end(call(.realtime)) == .over(reportedSeconds: nil))
        #expect(script.requests.withLock { $0.count } == 2)
        // To a key that did not create the call, not found is no proof.
        #expect(await isUnsure(script.ender(keys: ["sk-b", "sk-d"]).end(call(.realtime))))
    }

    @Test func `believes not found from the upstream that has the call, with the key that created it, only`() async {
        let script = Script { _ in refusal(404, "call_id_not_found") }
        let ender = script.ender(keys: ["sk-a"])
        #expect(await ender.end(call(.realtime)) == .over(reportedSeconds: nil))
        #expect(await isUnsure(ender.end(call(.realtime, host: "eu.api.openai.com"))))
        #expect(await isUnsure(ender.end(call(.realtime, key: "sk-b"))))
        // Another port is another server, unless it is that of the scheme.
        let other = script.ender(keys: ["sk-a"], baseURL: "https://api.openai.com:8443/v1")
        let same = script.ender(keys: ["sk-a"], baseURL: "https://api.openai.com:443/v1")
        #expect(await isUnsure(other.end(call(.realtime))))
        #expect(await other.end(call(.realtime, host: "api.openai.com:8443")) == .over(reportedSeconds: nil))
        #expect(await same.end(call(.realtime)) == .over(reportedSeconds: nil))
    }

    @Test(arguments: [401, 403])
    func `tries the other keys when the one that created it is refused, and then those in force`(status: Int) async {
        let script = Script { key in
            switch key {
            case "Bearer sk-d": Response(.ok)
            case "Bearer sk-a": refusal(status, "invalid_api_key")
            default: refusal(404, "call_id_not_found")
            }
        }
        let old = script.ender(keys: ["sk-b", "sk-a"])
        #expect(await isUnsure(old.end(call(.realtime))))
        #expect(await isUnsure(old.end(call(.realtime), or: old)))
        #expect(await isUnsure(old.end(call(.realtime), or: script.ender(keys: ["sk-c"]))))
        let inForce = script.ender(keys: ["sk-c", "sk-d"])
        #expect(await old.end(call(.realtime), or: inForce) == .over(reportedSeconds: nil))
        let tried = script.requests.withLock { $0.compactMap { $0.fields["Authorization"]?.last } }
        #expect(String(tried) == "ab" + "ab" + "abc" + "abcd")
    }

    @Test func `tries no other key when the one that created it is accepted`() async {
        let script = Script { _ in refusal(500, "server_error") }
        let ender = script.ender(keys: ["sk-a", "sk-b"])
        #expect(await isUnsure(ender.end(call(.realtime), or: script.ender(keys: ["sk-c"]))))
        #expect(script.requests.withLock { $0.count } == 1)
    }

    @Test(arguments: [CallType.realtime, .live])
    func `believes for a minute after the creation only that it is over, not that it is not found`(
        type: CallType
    ) async {
        let clock = ManualClock()
        let now = clock.surroundings.monotonicNanoseconds()
        let young = CallRecord(
            name: TestCalls.names[0], plan: TestCalls.plan(type), upstreamID: "id_1", upstreamHost: "api.openai.com",
            key: KeyPrint(ofKey: "sk-a"), openedAt: now)
        let code = type == .realtime ? "call_id_not_found" : "session_id_not_found"
        let script = Script(hangUp: { _ in refusal(404, code) }, sideband: { _ in .refused(refusal(404, code)) })
        let ender = script.ender(keys: ["sk-a"], clock: clock)
        #expect(await ender.end(young) == .notYet)
        clock.advance(by: .milliseconds(59_999))
        #expect(await ender.end(young) == .notYet)
        clock.advance(by: .milliseconds(1))
        #expect(await ender.end(young) == .over(reportedSeconds: nil))
        // Another key, and an upstream that fails, are another matter.
        #expect(await isUnsure(script.ender(keys: ["sk-b"], clock: ManualClock()).end(young)))
        let failing = Script(
            hangUp: { _ in type == .live ? refusal(404, code) : refusal(500, code) }, sideband: { _ in .failed("no") })
        #expect(await isUnsure(failing.ender(keys: ["sk-a"], clock: ManualClock()).end(young)))
        let fast = Script().ender(keys: ["sk-a"], clock: ManualClock())
        if type == .realtime { #expect(await fast.end(young) == .over(reportedSeconds: nil)) }
    }

    @Test func `believes nothing that another upstream says`() async {
        let ender = Script().ender(keys: ["sk-a"])
        #expect(await isUnsure(ender.end(call(.realtime, host: "eu.api.openai.com"))))
    }

    @Test func `waits for one of the places, in the order of the due times`() async {
        let begun = Locked([CallName]())
        let gates = Dictionary(uniqueKeysWithValues: TestCalls.names.map { ($0, Gate()) })
        let clock = ManualClock()
        var outlets = CallKeeper.Outlets(
            wake: { _ in }, start: { task in _ = Task.immediate { await task() } },
            end: { call in
                begun.withLock { $0.append(call.name) }
                await gates[call.name]?.pass()
                return .over(reportedSeconds: nil)
            },
            settle: { _ in }, record: { _ in true })
        outlets.places = EndingPlaces(3)
        let keeper = CallKeeper(surroundings: clock.surroundings, outlets: outlets)
        for name in TestCalls.names {
            let claim = AdmissionClaim(limits: LimitChecks(), quotas: [])
            _ = keeper.admit(
                name, TestCalls.plan(), claim, within: CallMaxima(), counting: Locked(AdmissionCounts()),
                unixMilliseconds: 0)
            _ = keeper.open(name, upstreamID: "rtc_1", upstreamHost: "a.example", key: KeyPrint(ofKey: "sk-1"))
            clock.advance(by: .milliseconds(1))
        }
        clock.advance(by: .seconds(60))
        keeper.act()
        for (index, name) in TestCalls.names.enumerated() {
            // Each call that has ended makes room for the next.
            #expect(begun.withLock(\.self) == Array(TestCalls.names.prefix(index + 3)))
            gates[name]?.open()
            if index + 3 < TestCalls.names.count { await gates[TestCalls.names[index + 3]]?.waitForArrivals(1) }
        }
        while !keeper.listing().isEmpty { await Task.yield() }
    }

    private func isUnsure(_ verdict: EndVerdict) -> Bool {
        if case .unsure = verdict { true } else { false }
    }
}

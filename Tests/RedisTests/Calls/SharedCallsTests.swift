import EphemeraldCore
import Foundation
import Redis
import Sessions
import TestPolicy
import TestTools
import Testing

/// What calls in a real Redis do by its own clock, and what they leave there.
@Suite(.timeLimit(.minutes(5)))
struct SharedCallsTests {
    private static let limits = SpendingLimits(caller: .largest, all: .largest)

    private static func claim(_ plan: CallPlan, _ limits: LimitChecks = LimitChecks()) -> AdmissionClaim {
        AdmissionClaim(
            limits: limits, quotas: SharedCallsTests.limits.checks(caller: plan.caller, amount: plan.reserved))
    }

    /// A call that was admitted and opened.
    private static func opened(
        _ calls: SharedCalls, _ name: CallName, _ plan: CallPlan = TestCalls.plan()
    ) async throws -> SharedCall? {
        guard case .admitted(_, let taken) = try await calls.admit(name, plan, claim(plan), within: CallMaxima())
        else { return nil }
        let record = CallRecord(
            name: name, plan: plan, upstreamID: "rtc_1", upstreamHost: "h", key: KeyPrint(ofKey: "k"),
            openedAt: at(1_000_000))
        let call = SharedCall(record, taken: taken)
        return try await calls.open(call, now: at(1_000_000)) ? call : nil
    }

    /// Every script once.
    private static func everything(_ client: RedisClient) async throws -> String {
        let calls = SharedCalls(client, daemon: "a", creation: .seconds(30))
        let (name, lost) = (TestCalls.names[0], TestCalls.names[1])
        let plan = TestCalls.plan(.live)
        guard let call = try await opened(calls, name, plan) else { return "not opened" }
        guard case .admitted = try await calls.admit(lost, plan, claim(plan), within: CallMaxima(all: 2)) else {
            return "not admitted"
        }
        guard try await calls.admit(TestCalls.names[2], plan, claim(plan), within: CallMaxima(all: 2)) == .full(.all)
        else { return "not full" }
        calls.undo(lost, plan, claim(plan).quotas, isLost: true)
        guard case .renewed(let left, leaseSeconds: 60) = try await calls.renew(name, TestCalls.ann),
            (1_700...1_800).contains(left), try await calls.overdue().names.isEmpty
        else { return "not renewed" }
        guard try await calls.listing(now: at(1_000_000)).map(\.reason) == [nil] else { return "not listed" }
        guard case .wait = try await calls.claim(name, nil, now: at(1_000_000)) else { return "nothing is to be done" }
        guard case .claimed(_, .client, isGivenUp: false) = try await calls.claim(name, .client, now: at(1_000_000))
        else { return "not claimed" }
        calls.failed(name)
        guard case .wait = try await calls.claim(name, nil, now: at(1_000_000)) else { return "not failed" }
        let (now, another) = (at(1_001_000), SharedCalls(client, daemon: "b", creation: .seconds(30)))
        guard case .settled(let settlement) = try await calls.end(call, .client, isConfirmed: true, now: now),
            case .settledBefore = try await another.end(call, .client, isConfirmed: true, now: now),
            // Its first reply may have been lost.
            case .settled = try await calls.end(call, .client, isConfirmed: true, now: now),
            try await calls.all.stop([name], .byOperator, now: now).isEmpty
        else { return "not settled" }
        guard try await calls.renew(name, TestCalls.ann) == .ended(.client) else { return "not ended" }
        return "\(settlement.seconds) s, \(settlement.spent)"
    }

    @Test func `go through every step by Redis' clock, with the rights that the manual names`() async throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let manual = try String(contentsOf: root.appending(path: "deploy/limits.md"), encoding: .utf8)
        let start = try #require(manual.range(of: "- The user needs ")?.upperBound)
        let end = try #require(manual[start...].range(of: "All keys match")?.lowerBound)
        let commands = manual[start..<end].split(separator: "`").map(String.init)
            .filter { !$0.isEmpty && $0.allSatisfy(\.isUppercase) }
        #expect(commands.count == 25)
        let server = try RedisServer()
        let result = try await withClient(server.address) { client, _ in
            let rights = ["on", ">secret", "resetkeys", "~{ephemerald}:*", "-@all"] + commands.map { "+\($0)" }
            _ = try await client.send(["ACL", "SETUSER", "ephemerald"] + rights)
            let address = RedisAddress(.unix(path: server.path), database: 1, user: "ephemerald", password: "secret")
            // As the daemon does: PING is not among the rights.
            let probing: @Sendable (inout RedisClientSettings) -> Void = { $0.probe = ["GET", "{ephemerald}:probe"] }
            return try await withClient(address, probing) { client, _ in
                try await SharedCallsTests.everything(client)
            }
        }
        #expect(result == "1 s, 0.0125")
    }

    @Test func `take nothing at all when a limit refuses`() async throws {
        let server = try RedisServer()
        let (before, after): ([String], [String]) = try await withClient(server.address) { client, _ in
            let calls = SharedCalls(client, daemon: "a", creation: .seconds(30))
            var checks = LimitChecks()
            checks.append(LimitCheck(LimitRule(.all, try RateLimit(parsing: "1/h")), LimitIdentity(.everybody)))
            let plan = TestCalls.plan()
            let claim = SharedCallsTests.claim(plan, checks)
            guard case .admitted = try await calls.admit(TestCalls.names[0], plan, claim, within: CallMaxima(all: 5))
            else { return ([], ["refused"]) }
            let before = try await client.contents
            guard
                case .refused(let reached) = try await calls.admit(
                    TestCalls.names[1], plan, claim, within: CallMaxima(all: 5)), reached.dimension == "all"
            else { return (before, ["admitted"]) }
            return (before, try await client.contents)
        }
        #expect(before == after && before.count == 7)
    }

    @Test func `take back what an admission took whose answer never came`() async throws {
        let server = try RedisServer()
        let contents: ([String], [String]) = try await withClient(server.address) { client, _ in
            let plan = TestCalls.plan()
            let calls = SharedCalls(client, daemon: "a", creation: .seconds(30))
            let deaf = SharedCalls(
                daemon: "b", creation: .seconds(30),
                run: { script, keys, arguments, _ async throws(RedisCountsFailure) in
                    do throws(RedisFailure) {
                        _ = try await client.send(["EVAL", script.text, String(keys.count)] + keys + arguments)
                    } catch {
                        Issue.record("\(error)")
                    }
                    throw RedisCountsFailure("late")
                },
                post: { script, keys, arguments in
                    client.post(["EVAL", script.text, String(keys.count)] + keys + arguments)
                })
            _ = try await SharedCallsTests.opened(calls, TestCalls.names[0])
            let before = try await client.contents
            for name in TestCalls.names[1...3] {
                await #expect(throws: RedisCountsFailure("late")) {
                    _ = try await deaf.admit(name, plan, SharedCallsTests.claim(plan), within: CallMaxima())
                }
            }
            return (before, try await client.contents)
        }
        #expect(contents.0 == contents.1)
    }

    @Test func `do not open a call that was undone, or that its maker has ended`() async throws {
        let server = try RedisServer()
        let contents: [String] = try await withClient(server.address) { client, _ in
            let calls = SharedCalls(client, daemon: "a", creation: .seconds(30))
            let plan = TestCalls.plan(.live)
            for (index, isUndone) in [true, false].enumerated() {
                let name = TestCalls.names[index]
                let claim = SharedCallsTests.claim(plan)
                guard case .admitted(_, let taken) = try await calls.admit(name, plan, claim, within: CallMaxima())
                else { return ["refused"] }
                let call = SharedCall(
                    CallRecord(
                        name: name, plan: plan, upstreamID: "rtc_1", upstreamHost: "h", key: KeyPrint(ofKey: "k"),
                        openedAt: at(1_000_000)), taken: taken)
                if isUndone {
                    calls.undo(name, plan, claim.quotas, isLost: true)
                } else {
                    // Opening it failed, so the call was ended at the upstream, and Redis does not know it.
                    guard
                        case .forgotten = try await calls.end(
                            call, .unrecorded, isConfirmed: true, now: at(1_001_000))
                    else { return ["settled"] }
                }
                // The script arrives late all the same.
                if try await calls.open(call, now: at(1_001_000)) { return ["opened"] }
                guard case .forgotten = try await calls.end(call, .unrecorded, isConfirmed: true, now: at(1_001_000))
                else { return ["settled twice"] }
            }
            return try await client.contents.filter { $0.hasPrefix("{ephemerald}:q") }
        }
        // What both creations are billed with: 15 s at 0.05 a minute.
        #expect(contents.count == 2 && contents.allSatisfy { $0.hasSuffix(":25000") })
    }

    @Test(arguments: [-3_600_000, 3_600_000])
    func `end calls all the same when the clock of Redis was set`(step: Int64) async throws {
        let server = try RedisServer()
        let seconds: Int? = try await withClient(server.address) { client, _ in
            let start: Int64 = 4_000_000_000_000
            func calls(_ time: Int64) -> SharedCalls {
                SharedCalls(client, daemon: "a", creation: .seconds(30), at: time)
            }
            let name = TestCalls.names[0]
            guard try await SharedCallsTests.opened(calls(start), name) != nil,
                case .claimed(let call, .client, isGivenUp: false) = try await calls(start + step).claim(
                    name, .client, now: at(1_010_000)),
                case .settled(let settlement) = try await calls(start + step).end(
                    call, .client, isConfirmed: true, now: at(1_011_000))
            else { return nil }
            return settlement.seconds
        }
        // Never less than nothing, nor more than the clock was set by.
        #expect(seconds == (step < 0 ? 1 : 3_601))
    }

    @Test func `keep names out of keys, and nothing for longer than a call can last`() async throws {
        let server = try RedisServer()
        let lives: [String: Int64] = try await withClient(server.address) { client, _ in
            let calls = SharedCalls(client, daemon: "a", creation: .seconds(30))
            let plan = TestCalls.plan(caller: "canary", session: "canary")
            guard let call = try await SharedCallsTests.opened(calls, TestCalls.names[0], plan) else { return [:] }
            var lives: [String: Int64] = [:]
            for key in try await client.contents.compactMap({ $0.split(separator: " ").first.map(String.init) }) {
                guard case .integer(let life) = try await client.send(["PTTL", key]) else { continue }
                lives[key] = life
            }
            _ = try await calls.end(call, .client, isConfirmed: true, now: at(1_001_000))
            let key = "{ephemerald}:c:\(TestCalls.names[0])"
            guard case .integer(let life) = try await client.send(["PTTL", key]) else { return lives }
            lives["ended"] = life
            guard try await client.send(["HEXISTS", key, "caller"]) == .integer(0) else { return [:] }
            return lives
        }
        #expect(lives.count == 9)
        for (key, life) in lives {
            let longest =
                switch key.dropFirst(13).first {
                case "c": 4_200_000
                case "q": 86_400_000
                case nil: 4_200_000
                default: 10_800_000
                }
            #expect((1...Int64(longest)).contains(life), "\(key) lives for \(life) ms")
            #expect(!key.contains("canary"))
        }
    }

    @Test func `admit exactly as many as there are slots, to two daemons at once`() async throws {
        let server = try RedisServer()
        let admitted = try await withThrowingTaskGroup(of: Int.self) { group in
            for daemon in 0..<2 {
                group.addTask {
                    try await withClient(server.address) { client, _ in
                        let calls = SharedCalls(client, daemon: "\(daemon)", creation: .seconds(30))
                        let plan = TestCalls.plan()
                        let tasks = (0..<32).map { index in
                            Task(executorPreference: client.loop) {
                                let name = CallID(randomBits: UInt128(100 + 32 * daemon + index)).name
                                let verdict = try await calls.admit(
                                    name, plan, SharedCallsTests.claim(plan), within: CallMaxima(all: 8))
                                return if case .admitted = verdict { 1 } else { 0 }
                            }
                        }
                        var admitted = 0
                        for task in tasks { admitted += try await task.value }
                        return admitted
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted == 8)
    }
}

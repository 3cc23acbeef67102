import EphemeraldCore
import Locking
import Sessions
import TestPolicy

/// A daemon whose clock, upstream and Redis belong to the test. Tasks run when the test says so.
final class SharingBench: Sendable {
    /// The scripts, by a part of each that no other has.
    enum Script: String, CaseIterable {
        case open = "'state', 'open', 'opened'"
        case renew = "binding ~= ARGV[3]"
        case claim = "waits and due > now"
        case failed = "2 ^ math.min"
        case end = "return {2} end"
        case names = "'ZSCAN'"
        case look = "failures or 0"
        case stop = "ARGV[#KEYS + 2]"
        case ended = "table.insert(ended"
        case overdue = "ZRANGEBYSCORE"
    }

    struct State: Sendable {
        var milliseconds = 0
        var wakeUps: [UInt64] = []
        var tasks: [@Sendable () async -> Void] = []
        var hungUp: [CallName] = []
        var settled: [CallSettlement] = []
        var verdict = EndVerdict.over(reportedSeconds: nil)
        /// What Redis answers, in order; nothing when it is away.
        var replies: [Script: [[RedisValue]?]] = [:]
        var asked: [Script] = []
        /// How many overdue calls were passed over, each time that Redis was asked for some.
        var passedOver: [String] = []
        var unreadable: [CallName] = []
        /// Runs while Redis is asked for a claim.
        var whileClaiming: (@Sendable () -> Void)?
    }

    let state = Locked(State())
    let keeper: CallKeeper
    let peers: CallPeers
    let store: CallsInRedis
    let places: EndingPlaces
    private let loops = (0..<3).map { _ in Locked(()) }

    init(places count: Int = EndingPlaces.standard) {
        places = EndingPlaces(count)
        let state = state
        let surroundings = Surroundings(
            monotonicNanoseconds: { at(state.withLock(\.milliseconds)) }, unixMilliseconds: { 0 }, sleep: { _ in })
        var outlets = CallKeeper.Outlets(
            wake: { time in state.withLock { $0.wakeUps.append(time) } },
            start: { task in state.withLock { $0.tasks.append(task) } },
            end: { record in
                state.withLock { state in
                    state.hungUp.append(record.name)
                    return state.verdict
                }
            },
            settle: { settlement in state.withLock { $0.settled.append(settlement) } }, record: { _ in true })
        outlets.reportUnreadable = { name in state.withLock { $0.unreadable.append(name) } }
        outlets.places = places
        let calls = SharedCalls(
            daemon: "a", creation: .seconds(30),
            run: { script, _, arguments, _ async throws(RedisCountsFailure) in
                guard let kind = Script(script) else { throw RedisCountsFailure("another script") }
                if kind == .claim { state.withLock(\.whileClaiming)?() }
                let reply = state.withLock { state in
                    state.asked.append(kind)
                    if kind == .overdue { state.passedOver.append(arguments[1]) }
                    return state.replies[kind]?.isEmpty == false ? state.replies[kind]?.removeFirst() : nil
                }
                guard let reply = reply ?? nil else { throw RedisCountsFailure("away") }
                return reply
            },
            post: { script, _, _ in
                if let kind = Script(script) { state.withLock { $0.asked.append(kind) } }
            })
        peers = CallPeers(calls, surroundings: surroundings, outlets: outlets)
        keeper = CallKeeper(surroundings: surroundings, outlets: outlets, peers: peers)
        store = CallsInRedis(keeper, in: calls, peers: peers, surroundings: surroundings, report: { _ in })
    }

    func answer(_ script: Script, _ replies: [RedisValue]?...) {
        state.withLock { $0.replies[script] = replies }
    }

    /// What Redis answers to a claim that succeeds.
    static func claimed(_ reason: CallEndReason) -> [RedisValue] {
        [.integer(2), .integer(1_000)] + fields(reason)
    }

    /// What Redis answers when it is asked which calls there are, the first and the last time.
    static func named(_ names: some Collection<CallName>, next cursor: Int = 0) -> [RedisValue] {
        [.text("\(cursor)"), .text(names.map(\.description).joined(separator: " "))]
    }

    /// What Redis answers about several calls, of which those with a reason are ending.
    static func listed(_ reasons: [CallEndReason?]) -> [RedisValue] {
        reasons.enumerated().map { index, reason in
            .list([.integer(Int64(index)), .integer(5_000), .integer(40_000), .integer(0)] + fields(reason))
        }
    }

    /// What Redis answers when a daemon stops so many calls that were open.
    static func stopped(_ count: Int) -> [RedisValue] {
        (0..<count).map { .list([.integer(Int64($0)), .integer(1_000)] + fields(.byOperator)) }
    }

    /// What Redis answers about a call that is there, and is due after so many milliseconds.
    static func looked(_ reason: CallEndReason?, age: Int64 = 90_000, due: Int64 = 0) -> [RedisValue] {
        [.list([.integer(0), .integer(age), .integer(due), .integer(0)] + fields(reason))]
    }

    /// Rows about single calls as one answer about several.
    static func numbered(_ rows: [RedisValue]) -> [RedisValue] {
        rows.enumerated().map { index, row in
            guard case .list(let values) = row else { return row }
            return .list([.integer(Int64(index))] + values.dropFirst())
        }
    }

    /// The line of a call that an earlier process created in 1970, in its usage log.
    static func line(_ index: Int) -> String {
        #"{"timestamp":"1970-01-01T00:00:00.000Z","ephemerald.request.id":"r","ephemerald.session.name":"default","#
            + #""server.address":"api.openai.com","ephemerald.call.id":"\#(TestCalls.names[index])","#
            + #""ephemerald.call.type":"realtime","ephemerald.call.upstream_id":"rtc_\#(index)","#
            + #""ephemerald.call.key":"3f9c01ab","ephemerald.call.binding":"\#(TestCalls.ann)","#
            + #""ephemerald.call.ends_at":1800,"ephemerald.call.lease_seconds":60}"#
    }

    /// The connection of one of three loops has come or gone.
    func redisIs(away isAway: Bool, loop: Int) {
        peers.redisIs(away: isAway, for: ObjectIdentifier(loops[loop]))
    }

    /// The fields of a call.
    static func fields(_ reason: CallEndReason?) -> [RedisValue] {
        let fields = [
            reason?.rawValue, "0", "1800000", "60000", "realtime", "rtc_1", "api.openai.com", "3f9c01ab",
            "\(TestCalls.ann)", "ann", "default", nil, "50000", "1525000", "20000", "r", "slot", "",
        ]
        return fields.map { $0.map { .text($0) } ?? .nothing }
    }

    /// A call of this daemon.
    @discardableResult func open(_ index: Int, isRecorded: Bool = true) async -> CallRecord? {
        answer(.open, isRecorded ? [.integer(1)] : nil)
        return await store.open(
            TestCalls.names[index], TestCalls.plan(), .nothing, upstreamID: "rtc_\(index)",
            upstreamHost: "api.openai.com", key: KeyPrint(ofKey: "sk-1"))
    }

    /// Moves the clock and acts, as the timer does.
    func act(at milliseconds: Int) async {
        state.withLock { $0.milliseconds = milliseconds }
        keeper.act()
        await runTasks()
    }

    /// Runs the tasks that were started, and those that they start.
    func runTasks() async {
        while true {
            let tasks = state.withLock { state in
                defer { state.tasks = [] }
                return state.tasks
            }
            if tasks.isEmpty { return }
            for task in tasks { await task() }
        }
    }

    var hungUp: [CallName] { state.withLock(\.hungUp) }
    var reasons: [CallEndReason] { state.withLock(\.settled).map(\.reason) }
    var asked: [Script] { state.withLock(\.asked) }
    var unreadable: [CallName] { state.withLock(\.unreadable) }
}

extension SharingBench.Script {
    fileprivate init?(_ script: RedisScript) {
        guard let found = Self.allCases.first(where: { script.text.contains($0.rawValue) }) else { return nil }
        self = found
    }
}

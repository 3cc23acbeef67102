import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Locking
import Logging
import Redis
import System

/// What `CallKeeper` has done: wakes it, ends calls at the upstream and writes their accounts, on the loop of the first
/// worker.
final class CallWork: @unchecked Sendable {
    // `@unchecked`: all that changes belongs to the thread of the loop, and before the loop runs to the thread that makes
    // it.
    /// The shortest time between two warnings.
    private static let pause = Duration.seconds(10)
    /// How often this daemon looks for calls that are overdue because their own daemon has vanished.
    private static let sweepInterval = Duration.seconds(5)

    /// The name of this process among those that share calls; no other has it.
    let daemon = "\(UInt128.random(in: 0 ... .max))"
    private let loop: EventLoop
    private let usageLog: UsageLogFile
    private let lostLines: LostLines
    private let account: SpendingAccount
    private let logger: Logger
    private let places = EndingPlaces()
    /// How usage lines name callers, by the settings in force.
    private let names = Locked(LogNames.full)
    /// Of calls that are over, and of attempts to end one.
    let counts = Locked(CallCounts())
    private var enders = CallEnders()
    /// It keeps this object too.
    private var keeper: CallKeeper?
    private lazy var alarm = Alarm(on: loop) { [unowned self] in keeper?.act() }
    private var lastWarning: ContinuousClock.Instant?
    private var hasReportedUnreadable = false
    /// Nil without Redis. The service of the loop owns it.
    private weak var redis: RedisClient?

    /// - Parameter account: settles what calls have cost.
    init(
        on loop: EventLoop, usageLog: UsageLogFile, lostLines: LostLines, account: SpendingAccount, logger: Logger
    ) {
        self.loop = loop
        self.usageLog = usageLog
        self.lostLines = lostLines
        self.account = account
        self.logger = logger
    }

    /// The keeper of the calls.
    /// - Parameter peers: nil where this process keeps its calls for itself.
    func makeKeeper(_ peers: CallPeers?) -> CallKeeper {
        let keeper = CallKeeper(surroundings: .system(loop), outlets: outlets, peers: peers)
        self.keeper = keeper
        return keeper
    }

    /// The daemons that share calls in one Redis; ``share(in:with:)`` brings the connection.
    func makePeers() -> CallPeers {
        // A creation is admitted by the loop that creates it.
        let calls = SharedCalls(daemon: daemon, creation: .zero) { [unowned self] in redis }
        return CallPeers(calls, surroundings: .system(loop), outlets: outlets)
    }

    /// Whether calls are ended on that loop.
    func isOn(_ other: EventLoop) -> Bool { loop === other }

    /// Uses a client of the loop from now on, and looks for overdue calls of all daemons. On the loop's thread.
    func share(in client: RedisClient, with peers: CallPeers?) {
        redis = client
        guard let peers else { return }
        Task(executorPreference: loop) { [loop, keeper] in
            while true {
                await loop.sleep(for: CallWork.sweepInterval)
                await peers.sweep()
                await keeper?.review()
            }
        }
    }

    private var outlets: CallKeeper.Outlets {
        var outlets = CallKeeper.Outlets(
            wake: { [self] time in loop.submit { self.wake(at: time) } },
            start: { [loop] task in Task(executorPreference: loop) { await task() } },
            end: { [self] call in await end(call) },
            settle: { [self] settlement in
                account.settle(settlement)
                counts.withLock { $0.settled(settlement) }
                _ = write(
                    settlement.usageLine(
                        naming: names.withLock(\.self), unixMilliseconds: Surroundings.unixMilliseconds()))
            },
            record: { [self] line in write(line) })
        outlets.names = { [names] in names.withLock(\.self) }
        outlets.canRecord = { [usageLog] in usageLog.isWritable }
        outlets.reportUnreadable = { [self] name in reportUnreadable(name) }
        outlets.places = places
        return outlets
    }

    /// Ends calls by these settings from now on. On the loop's thread.
    func adopt(_ settings: WorkerSettings) {
        names.withLock { $0 = settings.rules.logNames }
        let client = HTTPClient(settings.client, on: loop)
        let sideband = Sideband(over: Streams(for: loop), settings.client)
        let ender = CallEnder(
            upstream: settings.upstream, surroundings: .system(loop),
            send: { request async throws(TransferFailure) in try await client.send(request) },
            attach: { await sideband.close($0) })
        enders.adopt(ender, open: keeper?.listing().map(\.record) ?? [])
    }

    /// Calls the keeper at that time, in nanoseconds on the monotonic clock, or earlier. Other threads arrange wake-ups
    /// too, and a later one may arrive last.
    private func wake(at time: UInt64) {
        let now = Surroundings.monotonicNanoseconds()
        alarm.set(after: .nanoseconds(time > now ? Int64(time - now) : 0))
    }

    private func end(_ call: CallRecord) async -> EndVerdict {
        let verdict = await enders.end(call)
        if case .unsure(let reason) = verdict {
            counts.withLock { $0.failed() }
            warn(reason, call)
        }
        return verdict
    }

    private func warn(_ reason: String, _ call: CallRecord) {
        let now = ContinuousClock.now
        if let lastWarning, now - lastWarning < CallWork.pause { return }
        lastWarning = now
        logger.warning(
            "a call could not be ended and is tried again: \(reason)",
            metadata: ["ephemerald.call.id": "\(call.name)", "ephemerald.request.id": "\(call.plan.requestID)"])
    }

    /// Once, because such calls are looked at again and again.
    private func reportUnreadable(_ name: CallName) {
        guard !hasReportedUnreadable else { return }
        hasReportedUnreadable = true
        let advice = "if a newer version wrote it, finish the upgrade; OpenAI ends the call in the end"
        logger.warning(
            "Redis has a call that this daemon cannot read, so it neither lists nor ends it: \(advice)",
            metadata: ["ephemerald.call.id": "\(name)"])
    }

    private func write(_ line: [UInt8]) -> Bool {
        usageLog.write(line, orReportTo: lostLines, isAboutCall: true)
    }
}

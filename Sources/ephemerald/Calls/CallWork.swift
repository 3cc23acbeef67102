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
    /// Older upstreams whose keys may still be needed for calls that they created.
    private static let mostEnders = 8
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
    /// Of calls that are over, and of attempts to end one.
    let counts = Locked(CallCounts())
    /// Of the settings in force, and before it of those that were; a call is ended by the latest that has its key.
    private var enders: [CallEnder] = []
    private var act: () -> Void = {}
    private var review: @Sendable () async -> Void = {}
    private lazy var alarm = Alarm(on: loop) { [unowned self] in act() }
    private var lastWarning: ContinuousClock.Instant?
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
        act = { keeper.act() }
        review = { await keeper.review() }
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
        Task(executorPreference: loop) { [loop, review] in
            while true {
                await loop.sleep(for: CallWork.sweepInterval)
                await peers.sweep()
                await review()
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
                _ = write(settlement.usageLine(unixMilliseconds: Self.now))
            },
            record: { [self] line in write(line) })
        outlets.canRecord = { [usageLog] in usageLog.isWritable }
        outlets.places = places
        return outlets
    }

    /// Ends calls by these settings from now on. On the loop's thread.
    func adopt(_ settings: WorkerSettings) {
        let client = HTTPClient(settings.client, on: loop)
        let sideband = Sideband(over: Streams(for: loop), settings.client)
        let ender = CallEnder(
            upstream: settings.upstream, surroundings: .system(loop),
            send: { request async throws(TransferFailure) in try await client.send(request) },
            attach: { await sideband.close($0) })
        // An older one with other keys stays: calls that it created are open.
        let older = enders.first.map { $0.hasSameKeys(as: ender) } == true ? enders.dropFirst() : enders[...]
        enders = [ender] + older.prefix(CallWork.mostEnders - 1)
    }

    /// Calls the keeper at that time, in nanoseconds on the monotonic clock, or earlier. Other threads arrange wake-ups
    /// too, and a later one may arrive last.
    private func wake(at time: UInt64) {
        let now = Surroundings.monotonicNanoseconds()
        alarm.set(after: .nanoseconds(time > now ? Int64(time - now) : 0))
    }

    private func end(_ call: CallRecord) async -> EndVerdict {
        guard let ender = enders.first(where: { $0.hasCreator(of: call) }) ?? enders.first else {
            return .unsure("no upstream is set")
        }
        // Its key may be revoked; those in force may do.
        let verdict = await ender.end(call, or: enders.first)
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

    private func write(_ line: [UInt8]) -> Bool {
        do throws(SystemError) {
            try usageLog.write(line)
            return true
        } catch {
            lostLines.report(error)
            return false
        }
    }

    private static var now: Int64 { Surroundings.unixMilliseconds() }
}

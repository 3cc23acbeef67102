import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Logging
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

    private let loop: EventLoop
    private let usageLog: UsageLogFile
    private let lostLines: LostLines
    private let logger: Logger
    private let places = SidebandPlaces()
    /// Of the settings in force, and before it of those that were; a call is ended by the latest that has its key.
    private var enders: [CallEnder] = []
    private var act: () -> Void = {}
    private lazy var alarm = Alarm(on: loop) { [unowned self] in act() }
    private var lastWarning: ContinuousClock.Instant?

    init(on loop: EventLoop, usageLog: UsageLogFile, lostLines: LostLines, logger: Logger) {
        self.loop = loop
        self.usageLog = usageLog
        self.lostLines = lostLines
        self.logger = logger
    }

    /// The keeper of the calls.
    func makeKeeper() -> CallKeeper {
        let keeper = CallKeeper(
            surroundings: .system(loop),
            outlets: CallKeeper.Outlets(
                wake: { [self] time in loop.submit { self.wake(at: time) } },
                start: { [loop] task in Task(executorPreference: loop) { await task() } },
                end: { [self] call in await end(call) },
                settle: { [self] settlement in _ = write(settlement.usageLine(unixMilliseconds: Self.now)) },
                record: { [self] line in write(line) }))
        act = { keeper.act() }
        return keeper
    }

    /// Ends calls by these settings from now on. On the loop's thread.
    func adopt(_ settings: WorkerSettings) {
        let client = HTTPClient(settings.client, on: loop)
        let sideband = Sideband(over: Streams(for: loop), settings.client)
        let ender = CallEnder(
            upstream: settings.upstream, surroundings: .system(loop), places: places,
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
        if case .unsure(let reason) = verdict { warn(reason, call) }
        return verdict
    }

    private func warn(_ reason: String, _ call: CallRecord) {
        let now = loop.now
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

import EphemeraldCore
import EventLoop
import Glibc
import Logging
import Settings
import System

/// The calls of the daemon at its start and at its end.
extension Daemon {
    /// Takes over the calls that an earlier process left open; where Redis keeps calls, those that it does not have.
    /// - Parameter loop: that of the first worker.
    static func restore(_ history: CallHistory, to common: CommonState, on loop: EventLoop, logger: Logger) {
        let open = history.open(atUnixSeconds: Int(time(nil)))
        guard !open.isEmpty else { return }
        guard let peers = common.peers else { return restore(open, to: common.calls, logger: logger) }
        Task(executorPreference: loop) {
            restore(await peers.unknown(of: open), to: common.calls, logger: logger)
        }
    }

    private static func restore(_ calls: [PastCall], to keeper: CallKeeper, logger: Logger) {
        guard !calls.isEmpty else { return }
        let now = Int(time(nil))
        for call in calls { keeper.restore(call, atUnixSeconds: now) }
        logger.info("calls: \(calls.count) of an earlier process are taken over")
    }

    /// Whether the calls end with this process, because the next one would not find them: the log is not a file, or the
    /// settings have come to name another one.
    var endsCalls: Bool { common.peers == nil && !usageLog.isJournal(at: configuration.settings.output.usageLog) }

    /// Waits for the calls that are being created, and for the end of those that only this process knows: of all calls
    /// where they end with it, and else of those that could not be recorded.
    func finishCalls(until deadline: ContinuousClock.Instant) async {
        let (keeper, endsCalls, loop) = (common.calls, endsCalls, workers[0].loop)
        func left() -> Int {
            // In this order: a call that has been created meanwhile is in the second figure.
            let creating = keeper.creating
            return creating + keeper.listing().count { endsCalls || $0.reason == .unrecorded }
        }
        while left() > 0, ContinuousClock.now < deadline { await loop.sleep(for: .milliseconds(20)) }
        recordEndings()
        let count = left()
        if count > 0 { logger.error("calls: \(count) could not be ended; the upstream ends them after an hour or two") }
    }

    /// Writes which calls are ending, for the next process. Where several daemons share calls, Redis has that.
    func recordEndings() {
        if common.peers == nil, !endsCalls { common.calls.recordEndings() }
    }
}

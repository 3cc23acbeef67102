import EphemeraldCore
import EventLoop
import Glibc
import Logging
import Settings
import System

/// The calls of the daemon at its start and at its end.
extension Daemon {
    /// Takes over the calls that an earlier process left open.
    static func restore(_ history: CallHistory, to keeper: CallKeeper, logger: Logger) {
        let now = Int(time(nil))
        let open = history.open(atUnixSeconds: now)
        guard !open.isEmpty else { return }
        for call in open { keeper.restore(call, atUnixSeconds: now) }
        logger.info("calls: \(open.count) of an earlier process are taken over")
    }

    /// Whether the calls end with this process, because the next one would not find them.
    var endsCalls: Bool { common.peers == nil && !isJournal(configuration.settings.output.usageLog) }

    /// Waits for the calls that are being created, and for the end of all calls where they end with this process.
    func finishCalls(until deadline: ContinuousClock.Instant) async {
        let (keeper, endsCalls, loop) = (common.calls, endsCalls, workers[0].loop)
        // In this order: a call that has been created meanwhile is in the second figure.
        func left() -> Int { keeper.creating + (endsCalls ? keeper.listing().count : 0) }
        while left() > 0, ContinuousClock.now < deadline { await loop.sleep(for: .milliseconds(20)) }
        recordEndings()
        let count = left()
        if count > 0 { logger.error("calls: \(count) could not be ended; the upstream ends them after an hour or two") }
    }

    /// Writes which calls are ending, for the next process. Where several daemons share calls, Redis has that.
    func recordEndings() {
        if common.peers == nil, !endsCalls { common.calls.recordEndings() }
    }

    /// Whether a usage log can be read by the next process.
    private func isJournal(_ log: UsageLogTarget) -> Bool {
        if case .file(let path) = log { InputFile.isRegularOrMissing(path) } else { false }
    }
}

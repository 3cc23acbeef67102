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

    /// Ends all calls where the next process would not find them, and waits until the upstream has ended them.
    func endCalls(within timeout: Duration) async {
        guard common.peers == nil, !isJournal(configuration.settings.output.usageLog) else { return }
        let keeper = common.calls
        let loop = workers[0].loop
        let deadline = loop.now + timeout
        _ = keeper.endAll(.exit)
        while !keeper.listing().isEmpty, loop.now < deadline { await loop.sleep(for: .milliseconds(20)) }
        let left = keeper.listing().count
        if left > 0 { logger.error("calls: \(left) could not be ended; the upstream ends them after an hour or two") }
    }

    /// Whether a usage log can be read by the next process.
    private func isJournal(_ log: UsageLogTarget) -> Bool {
        if case .file(let path) = log { InputFile.isRegularOrMissing(path) } else { false }
    }
}

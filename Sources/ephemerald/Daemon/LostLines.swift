import EventLoop
import Locking
import Logging

/// Tells the operator of usage lines that could not be written, once a second at the most.
final class LostLines: Sendable {
    private struct State {
        /// Since the last report.
        var count = 0
        /// Since the start.
        var total = 0
        var lastReport: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private let logger: Logger
    private let isJournal: Bool

    /// - Parameter isJournal: whether quotas are counted from the lines at the next start.
    init(_ logger: Logger, isJournal: Bool) {
        self.logger = logger
        self.isJournal = isJournal
    }

    /// Lines lost since the start.
    var total: Int { state.withLock(\.total) }

    func report(_ failure: SystemError) {
        let now = ContinuousClock.now
        let count = state.withLock { state in
            state.count += 1
            state.total += 1
            if let last = state.lastReport, now - last < .seconds(1) { return 0 }
            state.lastReport = now
            defer { state.count = 0 }
            return state.count
        }
        guard count > 0 else { return }
        let consequence = isJournal ? "; until a restart their tokens stay counted in the quotas, and then no more" : ""
        logger.error("\(count) usage lines are lost: \(failure)\(consequence)")
    }
}

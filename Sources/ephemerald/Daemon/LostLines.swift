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

    init(_ logger: Logger) {
        self.logger = logger
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
        if count > 0 { logger.error("\(count) usage lines are lost: \(failure)") }
    }
}

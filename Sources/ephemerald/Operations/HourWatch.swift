import EphemeraldCore
import EventLoop

/// Reads the counters at the beginning of each minute, so that the operator's page has the last hour without Prometheus.
final class HourWatch: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private(set) var hour: RecentHour
    private let loop: EventLoop
    private let families: @Sendable () -> [MetricFamily]
    private var timer: Timer?

    /// Begins to watch. On the loop's thread, or before it runs.
    /// - Parameter families: the metrics that the loops count, at this moment.
    init(on loop: EventLoop, families: @escaping @Sendable () -> [MetricFamily]) {
        self.loop = loop
        self.families = families
        hour = RecentHour(with: families(), unixMilliseconds: Surroundings.unixMilliseconds())
        schedule()
    }

    /// Stops the watch. On the loop's thread.
    func stop() {
        timer?.cancel()
    }

    private func schedule() {
        // The timer goes by another clock than the minutes, so it may be early: a row has a second at least.
        let rest = 60_000 - Surroundings.unixMilliseconds() % 60_000
        timer = loop.after(.milliseconds(rest < 1_000 ? rest + 60_000 : rest)) { [unowned self] in
            hour.mark(families(), unixMilliseconds: Surroundings.unixMilliseconds())
            schedule()
        }
    }
}

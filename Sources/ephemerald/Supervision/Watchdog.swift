package import EventLoop
import Synchronization

/// The sign of life for systemd's watchdog, given only when every loop has turned: a loop that hangs is not hidden by
/// the others.
package final class Watchdog: @unchecked Sendable {
    // `@unchecked`: `missing` is atomic; all else belongs to the thread of the first loop.
    private let pause: Duration
    private let loops: [EventLoop]
    private let feed: @Sendable () -> Void
    private var timer: Timer?
    /// The loops that have not turned since the last beat.
    private let missing = Atomic(0)

    /// - Parameters:
    ///   - limit: systemd's: without a sign for so long it ends the service. A sign is given twice in that time.
    ///   - loops: all that must turn; the first one keeps the time.
    ///   - feed: gives the sign; called on any of the loops.
    package init(limit: Duration, loops: [EventLoop], feed: @escaping @Sendable () -> Void) {
        pause = limit / 2
        self.loops = loops
        self.feed = feed
    }

    /// Begins. On the thread of the first loop.
    package func start() {
        beat()
    }

    /// Ends; before it is let go. On the thread of the first loop.
    package func stop() {
        timer?.cancel()
        timer = nil
    }

    private func beat() {
        timer = loops[0].after(pause) { [unowned self] in beat() }
        // A loop that has not come round since the last beat is given no second question to pile up.
        guard missing.load(ordering: .relaxed) == 0 else { return }
        missing.store(loops.count, ordering: .relaxed)
        for loop in loops {
            loop.submit { [self] in
                if missing.subtract(1, ordering: .relaxed).newValue == 0 { feed() }
            }
        }
    }
}

/// One deadline of an event loop. Keep it to cancel it; cancelling twice, or after it fired, does nothing.
package final class Timer {
    /// When it fires.
    package let deadline: ContinuousClock.Instant
    /// Where the heap holds it; -1 when it does not.
    var position = -1
    private var action: (() -> Void)?
    private let loop: EventLoop

    init(deadline: ContinuousClock.Instant, loop: EventLoop, action: @escaping () -> Void) {
        self.deadline = deadline
        self.loop = loop
        self.action = action
    }

    /// On the loop's thread.
    package func cancel() {
        action = nil
        loop.remove(self)
    }

    func fire() {
        let due = action
        action = nil
        due?()
    }
}

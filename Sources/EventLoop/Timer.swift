/// One deadline of an event loop. Keep it to cancel it; cancelling twice, or after it fired, does nothing.
package final class Timer {
    /// When it fires, in nanoseconds on the clock that `ContinuousClock` reads.
    package let due: UInt64
    /// Where the heap holds it; -1 when it does not.
    fileprivate var position = -1
    private var action: (() -> Void)?
    private let loop: EventLoop

    init(due: UInt64, loop: EventLoop, action: @escaping () -> Void) {
        self.due = due
        self.loop = loop
        self.action = action
    }

    /// When it fires, a few nanoseconds more or less.
    package var deadline: ContinuousClock.Instant {
        ContinuousClock.now + .nanoseconds(Int64(due) - Int64(EventLoop.clock()))
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

/// A timer that rings at the earliest of the times that it was set to, in whatever order it was set. After it has rung
/// it can be set again. It belongs to the thread of its loop.
package final class Alarm {
    private let loop: EventLoop
    private let action: () -> Void
    private var timer: Timer?

    /// Not set.
    /// - Parameter action: called on the loop's thread each time it rings; it may set the alarm.
    package init(on loop: EventLoop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// Sets it, unless it will ring before.
    package func set(after delay: Duration) {
        if let timer, timer.due <= EventLoop.clock() + delay.wholeNanoseconds { return }
        timer?.cancel()
        timer = loop.after(delay) { [unowned self] in
            timer = nil
            action()
        }
    }
}

/// Timers by deadline: a binary heap in which each timer knows its place, so that a cancelled one leaves at once.
struct TimerHeap {
    private var timers: [Timer] = []

    var earliest: Timer? { timers.first }

    mutating func insert(_ timer: Timer) {
        timer.position = timers.count
        timers.append(timer)
        siftUp(from: timer.position)
    }

    /// Does nothing for a timer that is not in the heap.
    mutating func remove(_ timer: Timer) {
        let hole = timer.position
        guard hole >= 0 else { return }
        timer.position = -1
        let last = timers.removeLast()
        guard last !== timer else { return }
        place(last, at: hole)
        siftUp(from: hole)
        siftDown(from: last.position)
    }

    private mutating func place(_ timer: Timer, at index: Int) {
        timers[index] = timer
        timer.position = index
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        let timer = timers[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard timer.due < timers[parent].due else { break }
            place(timers[parent], at: index)
            index = parent
        }
        place(timer, at: index)
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        let timer = timers[index]
        while true {
            var child = 2 * index + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, timers[child + 1].due < timers[child].due { child += 1 }
            guard timers[child].due < timer.due else { break }
            place(timers[child], at: index)
            index = child
        }
        place(timer, at: index)
    }
}

extension Duration {
    /// Nanoseconds; 0 for a negative duration, and 292 years for a longer one.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return seconds < 9_223_372_036 ? UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000 : 1 << 63
    }
}

extension EventLoop {
    /// Suspends the current task for a time, or until it is cancelled. On the loop's thread.
    package func sleep(for delay: Duration) async {
        // The box is touched only on the loop's thread: by the timer, and by `submit` when the task is cancelled.
        let pause = Pause()
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                if Task.isCancelled { return continuation.resume() }
                pause.continuation = continuation
                pause.timer = after(delay) { pause.end() }
            }
        } onCancel: {
            submit { pause.end() }
        }
    }
}

/// One sleeping task. Owned by the thread of its loop.
private final class Pause: @unchecked Sendable {
    var timer: Timer?
    var continuation: CheckedContinuation<Void, Never>?

    func end() {
        timer?.cancel()
        timer = nil
        continuation?.resume()
        continuation = nil
    }
}

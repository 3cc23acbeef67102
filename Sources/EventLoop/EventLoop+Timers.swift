extension EventLoop {
    /// Runs `action` once the delay has passed, unless the timer is cancelled before. On the loop's thread.
    package func after(_ delay: Duration, _ action: @escaping () -> Void) -> Timer {
        let timer = Timer(deadline: ContinuousClock.now + delay, loop: self, action: action)
        timers.insert(timer)
        return timer
    }

    func remove(_ timer: Timer) {
        timers.remove(timer)
    }

    /// Fires what was due when the round began.
    func fireTimers() {
        while let timer = timers.earliest, timer.deadline <= now {
            timers.remove(timer)
            timer.fire()
        }
    }

    /// Rounded up, so that the timer is due when the wait ends; -1, for ever, when there is none.
    func millisecondsToNextTimer() -> CInt {
        guard let timer = timers.earliest else { return -1 }
        let remaining = timer.deadline - ContinuousClock.now
        guard remaining > .zero else { return 0 }
        let milliseconds = (remaining / .milliseconds(1)).rounded(.up)
        return CInt(min(milliseconds, 3_600_000))
    }
}

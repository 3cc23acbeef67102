extension EventLoop {
    /// Suspends the current task for a time. On the loop's thread. A cancelled task sleeps no longer.
    package func sleep(for delay: Duration) async {
        // The box is touched on the loop's thread alone: by the timer, and by `submit` when the task is cancelled.
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

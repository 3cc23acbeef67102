internal import CLinux
package import Glibc

/// One thread that waits in `epoll_wait` and runs what becomes ready: descriptors, timers, and Swift tasks, for which
/// it is a `TaskExecutor`.
///
/// An `async` function started with `Task(executorPreference: loop)` runs on the loop's thread from its first line to
/// its last, so the state of a connection needs no lock. Everything but `submit`, `enqueue`, `stop` and `isCurrent`
/// belongs to that thread.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    // `@unchecked`: all stored state but `inbox` and `wakeUp` is touched by the thread in `run()` alone, or before it runs.
    private enum Work {
        case job(UnownedJob)
        case action(() -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        /// A wake-up is on its way, so nobody needs to write another.
        var isSignalled = false
    }

    private let epoll: Descriptor
    private let wakeUp: Descriptor
    private let inbox = Locked(Inbox())
    private let owner = Locked<pthread_t?>(nil)

    private var ready: [Work] = []
    private var timers = TimerHeap()
    private var watches: [CInt: Watch] = [:]
    private var generation: UInt32 = 0
    private var isStopping = false

    /// The monotonic time at which the current round of events began; cheap, and as exact as a deadline needs.
    package private(set) var now = ContinuousClock.now

    package init() throws(SystemError) {
        epoll = Descriptor(owning: try check("epoll_create1", epoll_create1(CInt(EPOLL_CLOEXEC.rawValue))))
        wakeUp = Descriptor(owning: try check("eventfd", eventfd(0, CInt(EFD_CLOEXEC.rawValue | EFD_NONBLOCK.rawValue))))
    }
}

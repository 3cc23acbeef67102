internal import CLinux
import Glibc
import Locking
import Synchronization
package import System

/// One thread that waits in `epoll_wait` and runs what becomes ready: descriptors, timers, and Swift tasks, for which
/// it is a `TaskExecutor`.
///
/// An `async` function started with `Task(executorPreference: loop)` runs on the loop's thread from its first line to
/// its last, so the state of a connection needs no lock. Everything but `submit`, `enqueue`, `stop` and `isCurrent`
/// belongs to that thread, or, before `run()`, to the code that prepares the loop.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    // `@unchecked`: `inbox` is locked and `thread` atomic; all other state belongs to the thread inside `run()`.
    private enum Work: Sendable {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }

    private struct Inbox: Sendable {
        var work: [Work] = []
        /// A wake-up is on its way, so no other is needed.
        var isSignalled = false
    }

    private static let wakeUpTag: UInt64 = 0
    /// How often what is ready is run before descriptors and timers are looked at again, which costs a system call. An
    /// answer that was waited for takes four: the task that goes on, and the turns of the server that send it.
    private static let passesOfWork = 4

    private let epoll: Epoll
    private let wakeUp: Descriptor
    private let inbox = Locked(Inbox())
    /// The thread inside `run()`; 0, which no thread is, before and after.
    private let thread = Atomic<UInt>(0)

    private var ready: [Work] = []
    private var timers = TimerHeap()
    private var watches: [UInt64: Watch] = [:]
    private var lastTag = EventLoop.wakeUpTag
    private var isStopping = false
    /// Waits in place of the loop; nil where the loop waits itself: `setWaiter`.
    private var waiter: ((CInt) -> Bool)?
    /// How many waits of `waiter` in a row found something to do at once.
    private var hurriedWaits = 0
    /// After so many of them the loop looks at its own descriptors, which may be ready as well.
    private static let mostHurriedWaits = 4
    /// A wait that took longer than this, in nanoseconds, has blocked.
    private static let blockedWait: UInt64 = 5_000

    /// The time at which the current round began, in nanoseconds on a clock that never jumps: cheap to read, and exact
    /// enough for deadlines.
    package private(set) var nanoseconds = EventLoop.clock()

    /// Waits for nothing yet; `run()` makes a thread its own.
    /// - Throws: when the process has no descriptor left for epoll or the eventfd, or the kernel no memory.
    package init() throws(SystemError) {
        epoll = try Epoll(capacity: 256)
        let number = try check("eventfd", eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        wakeUp = Descriptor(owning: number)
        try epoll.add(number, for: .readable, tag: EventLoop.wakeUpTag)
    }

    /// Nanoseconds on the clock that `ContinuousClock` reads.
    static func clock() -> UInt64 { UInt64(clinux_nanoseconds(CLOCK_BOOTTIME)) }

    /// Whether the caller is on the loop's thread.
    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == pthread_self()
    }

    /// Serves events until `stop()`. The calling thread becomes the loop's.
    package func run() {
        thread.store(pthread_self(), ordering: .relaxed)
        defer { thread.store(0, ordering: .relaxed) }
        while true {
            for _ in 0..<EventLoop.passesOfWork where !ready.isEmpty { runReadyWork() }
            if isStopping { break }
            wait(milliseconds: ready.isEmpty ? millisecondsToNextTimer() : 0)
            fireTimers()
        }
    }

    /// Makes `run()` return after its current round. From any thread.
    package func stop() {
        submit { self.isStopping = true }
    }

    /// Runs `action` on the loop's thread, never at once but after what is already waiting. From any thread.
    package func submit(_ action: @escaping @Sendable () -> Void) {
        isCurrent ? ready.append(.action(action)) : post(.action(action))
    }

    /// Called by the Swift runtime, from any thread: runs the job in the next round.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        isCurrent ? ready.append(.job(job)) : post(.job(job))
    }

    /// Runs `action` once the delay has passed, unless the timer is cancelled before. On the loop's thread.
    package func after(_ delay: Duration, _ action: @escaping () -> Void) -> Timer {
        let timer = Timer(due: EventLoop.clock() + delay.wholeNanoseconds, loop: self, action: action)
        timers.insert(timer)
        return timer
    }

    /// Calls `handler` on the loop's thread whenever the descriptor is ready (level-triggered) until the watch ends.
    /// On the loop's thread.
    package func watch(
        _ descriptor: CInt, for interest: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemError) -> Watch {
        lastTag += 1
        let watch = Watch(descriptor: descriptor, tag: lastTag, loop: self, handler: handler)
        try epoll.add(descriptor, for: interest, tag: watch.tag)
        watches[watch.tag] = watch
        return watch
    }

    func change(_ watch: Watch, to interest: Readiness) throws(SystemError) {
        try epoll.change(watch.descriptor, to: interest, tag: watch.tag)
    }

    func end(_ watch: Watch) {
        guard watches.removeValue(forKey: watch.tag) != nil else { return }
        // Fails when the descriptor is closed already, which takes it out of the set as well.
        try? epoll.remove(watch.descriptor)
    }

    func remove(_ timer: Timer) {
        timers.remove(timer)
    }

    private func wait(milliseconds: CInt) {
        var milliseconds = milliseconds
        if let waiter {
            guard mustLook(after: waiter, milliseconds) else { return }
            milliseconds = 0
        }
        let count = epoll.wait(milliseconds: milliseconds)
        beginRound()
        for index in 0..<count { dispatch(epoll.event(at: index)) }
    }

    /// Has the waiter wait.
    /// - Returns: whether a descriptor of the loop may be ready. None was when a wait began that blocked, and what became
    ///   ready since then ends the next one at once.
    private func mustLook(after waiter: (CInt) -> Bool, _ milliseconds: CInt) -> Bool {
        beginRound()
        let began = nanoseconds
        guard waiter(milliseconds) else { return true }
        hurriedWaits = nanoseconds - began > EventLoop.blockedWait ? 0 : hurriedWaits + 1
        guard hurriedWaits > EventLoop.mostHurriedWaits else { return false }
        hurriedWaits = 0
        return true
    }

    /// Reads the clock for a round.
    package func beginRound() {
        nanoseconds = EventLoop.clock()
    }

    /// The descriptor of the loop's epoll set, readable when one of its descriptors is ready.
    package var descriptor: CInt { epoll.number }

    /// Has a library wait that has an epoll set of its own, with that of the loop in it: a system call less for each
    /// event of the library's. On the loop's thread.
    /// - Parameter waiter: waits so many milliseconds, as epoll_wait(2) does, and handles what is ready in the library's
    ///   set; returns whether anything was. It calls `beginRound()` when its wait is over. Nil for the loop itself.
    package func setWaiter(_ waiter: ((CInt) -> Bool)?) {
        self.waiter = waiter
        hurriedWaits = 0
    }

    /// Whether a library waits in place of the loop.
    package var hasWaiter: Bool { waiter != nil }

    /// Fires what was due when the round began.
    private func fireTimers() {
        while let timer = timers.earliest, timer.due <= nanoseconds {
            timers.remove(timer)
            timer.fire()
        }
    }

    /// Rounded up, so that the timer is due when the wait ends; -1, for ever, when there is none.
    private func millisecondsToNextTimer() -> CInt {
        guard let timer = timers.earliest else { return -1 }
        let now = EventLoop.clock()
        guard timer.due > now else { return 0 }
        return CInt(min((timer.due - now + 999_999) / 1_000_000, 3_600_000))
    }

    private func post(_ work: Work) {
        let mustSignal = inbox.withLock { inbox in
            inbox.work.append(work)
            let mustSignal = !inbox.isSignalled
            inbox.isSignalled = true
            return mustSignal
        }
        guard mustSignal else { return }
        let result = eventfd_write(wakeUp.number, 1)
        precondition(result == 0, "an eventfd that is read after every write cannot be full")
    }

    /// Runs what was ready when it began; what that makes ready waits for the next pass.
    private func runReadyWork() {
        var batch: [Work] = []
        swap(&batch, &ready)
        for work in batch {
            switch work {
            case .job(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            case .action(let action): action()
            }
        }
        if ready.isEmpty {
            batch.removeAll(keepingCapacity: true)
            swap(&batch, &ready)
        }
    }

    private func dispatch(_ event: (tag: UInt64, readiness: Readiness)) {
        if event.tag == EventLoop.wakeUpTag {
            collectInbox()
        } else {
            // A handler earlier in this round may have ended the watch.
            watches[event.tag]?.handler(event.readiness)
        }
    }

    private func collectInbox() {
        var count: eventfd_t = 0
        let result = unsafe eventfd_read(wakeUp.number, &count)
        precondition(result == 0, "the eventfd was readable")
        ready += inbox.withLock { inbox in
            let work = inbox.work
            inbox = Inbox()
            return work
        }
    }
}

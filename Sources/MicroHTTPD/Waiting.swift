internal import CLinux
import EventLoop
import System

/// Who waits: the loop, with the library's epoll set among its descriptors, or the library, with the loop's set in its own.
///
/// After the loop has waited, the library looks at its set once more, because it tells nobody what is ready there: a
/// system call for each request. So the library waits where it can. One of the servers on a loop has that place.
final class Waiting {
    private let loop: EventLoop
    /// The descriptor of the library's epoll set.
    private let library: CInt
    private let turn: (_ isWoken: Bool, _ milliseconds: CInt) -> Bool

    private enum State {
        /// The loop waits, and the watch wakes the server.
        case loop(Watch)
        /// The library waits.
        case library
        /// The loop has no watch, because the kernel had no memory for one. The timer runs the library, and tries again.
        case withoutWatch(Timer)
        /// Nobody waits: what the library has to do it cannot do now.
        case paused
        case ended
    }

    private var state = State.paused
    /// Whether the library can wait.
    private var isPossible = true
    /// Whether the library waits at this moment.
    private var isWaiting = false

    /// How long the loop does without a watch until it tries again.
    private static let pause = Duration.milliseconds(10)

    /// The loop waits.
    /// - Parameters:
    ///   - library: the descriptor of its epoll set.
    ///   - turn: runs the library, which waits so many milliseconds for something to do; returns whether it called us.
    /// - Throws: when the descriptor cannot be watched.
    init(
        on loop: EventLoop, library: CInt, turn: @escaping (_ isWoken: Bool, _ milliseconds: CInt) -> Bool
    ) throws(SystemError) {
        self.loop = loop
        self.library = library
        self.turn = turn
        state = .loop(try watchLibrary())
    }

    /// Has the library wait, unless that of another server on the loop does.
    func beginInLibrary() {
        guard isPossible, case .loop(let watch) = state, !loop.hasWaiter else { return }
        // Two epoll sets cannot be in each other.
        watch.end()
        guard addLoop() else {
            isPossible = false
            return watchAgain()
        }
        state = .library
        loop.setWaiter { [unowned self] milliseconds in
            isWaiting = true
            defer { isWaiting = false }
            return turn(false, milliseconds)
        }
    }

    /// Has the loop wait. A library that always has something to do would keep it from its own descriptors.
    func beginInLoop() {
        guard case .library = state else { return }
        removeLoop()
        watchAgain()
    }

    /// Nobody waits for the library, until ``resume()``.
    func pause() {
        if case .ended = state { return }
        stop()
        state = .paused
    }

    /// The loop waits again, if it was paused.
    func resume() {
        guard case .paused = state else { return }
        watchAgain()
    }

    /// The library has called us, so its wait is over.
    func noteCall() {
        guard isWaiting else { return }
        isWaiting = false
        loop.beginRound()
    }

    /// Nobody waits any more. May be called again.
    func end() {
        stop()
        state = .ended
    }

    private func stop() {
        switch state {
        case .loop(let watch): watch.end()
        case .library: removeLoop()
        case .withoutWatch(let timer): timer.cancel()
        case .paused, .ended: break
        }
    }

    /// The library passes over an event without data: `MHD_epoll` has done so in all its versions, up to 1.0.
    private func addLoop() -> Bool {
        var event = unsafe epoll_event(events: EPOLLIN.rawValue, data: epoll_data(ptr: nil))
        return unsafe epoll_ctl(library, EPOLL_CTL_ADD, loop.descriptor, &event) == 0
    }

    private func removeLoop() {
        loop.setWaiter(nil)
        // Fails only when the library has closed its set, which takes the loop's out of it.
        _ = epoll_ctl(library, EPOLL_CTL_DEL, loop.descriptor, nil)
    }

    private func watchAgain() {
        do throws(SystemError) {
            state = .loop(try watchLibrary())
        } catch {
            // epoll_ctl(2): ENOMEM, or ENOSPC where the user has as many watches as they may.
            let timer = loop.after(Waiting.pause) { [unowned self] in
                watchAgain()
                _ = turn(true, 0)
            }
            state = .withoutWatch(timer)
        }
    }

    private func watchLibrary() throws(SystemError) -> Watch {
        try loop.watch(library, for: .readable) { [unowned self] _ in _ = turn(true, 0) }
    }
}

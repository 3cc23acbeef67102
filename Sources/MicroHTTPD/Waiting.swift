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
    /// Wakes the server while the loop waits; nil while the library waits.
    private var watch: Watch?
    /// Whether the library waits at this moment.
    private var isWaiting = false
    private var isPossible = true
    private var isPaused = false

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
        watch = try watchLibrary()
    }

    /// Has the library wait, unless that of another server on the loop does.
    func beginInLibrary() {
        guard isPossible, let watch, !loop.hasWaiter else { return }
        // Two epoll sets cannot be in each other.
        watch.end()
        guard addLoop() else {
            isPossible = false
            return watchAgain()
        }
        self.watch = nil
        loop.setWaiter { [unowned self] milliseconds in
            isWaiting = true
            defer { isWaiting = false }
            return turn(false, milliseconds)
        }
    }

    /// Has the loop wait. A library that always has something to do would keep it from its own descriptors.
    func beginInLoop() {
        guard watch == nil, isPossible, !isPaused else { return }
        removeLoop()
        watchAgain()
    }

    /// Nobody waits for the library: what it has to do it cannot do now.
    func pause() {
        guard isPossible || watch != nil, !isPaused else { return }
        if let watch { watch.end() } else { removeLoop() }
        watch = nil
        isPaused = true
    }

    /// The loop waits again, if it was paused.
    func resume() {
        guard isPaused else { return }
        isPaused = false
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
        watch?.end()
        if watch == nil, isPossible, !isPaused { removeLoop() }
        (isPossible, isPaused) = (false, false)
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
        watch = try? watchLibrary()
        precondition(watch != nil, "the loop has watched it before")
    }

    private func watchLibrary() throws(SystemError) -> Watch {
        try loop.watch(library, for: .readable) { [unowned self] _ in _ = turn(true, 0) }
    }
}

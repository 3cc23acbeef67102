import Locking

/// A gate before which tasks wait until the test opens it; a cancelled task opens it as well.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    func pass() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
                arrivals.continuation.yield()
            }
        } onCancel: {
            open()
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until so many tasks have come to the gate. Not from two tasks at once.
    func waitForArrivals(_ count: Int) async {
        var arrived = arrivals.stream.makeAsyncIterator()
        for _ in 0..<count { await arrived.next() }
    }
}

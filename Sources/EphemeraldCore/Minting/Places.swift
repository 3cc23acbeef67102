import Locking
import Synchronization

/// The places for mints and creations in progress, and the line of requests that wait for one: first in, first out.
///
/// One number counts both, so that a place is taken and given back without the lock while nobody waits.
final class Places: Sendable {
    /// The longest time that a request waits, if the upstream has time enough to answer after it.
    static let longestWait: Duration = .seconds(1)

    /// What a request gets.
    enum Entry: Sendable {
        case place
        /// A number in the line, to be passed to ``wait(_:client:_:)``.
        case line(UInt64)
        /// Neither: the line is full.
        case full
    }

    /// Those in progress, and `oneWaiting` for each that waits.
    private let counts = Atomic(0)
    private let line = Locked(Line())
    private static let oneWaiting = 1 << 32

    /// How many are in progress at this moment.
    var taken: Int { counts.load(ordering: .relaxed) % Places.oneWaiting }

    /// How many wait at this moment.
    var waiting: Int { counts.load(ordering: .relaxed) / Places.oneWaiting }

    /// Takes a place, or joins the line. Nobody overtakes those in the line.
    /// - Parameters:
    ///   - maximum: how many may be in progress.
    ///   - longest: how many may wait.
    func enter(atMost maximum: Int, waiting longest: Int) -> Entry {
        if counts.add(1, ordering: .relaxed).newValue <= maximum { return .place }
        giveBack()
        guard longest > 0 else { return .full }
        let number: UInt64? = line.withLock { line in
            guard line.count < longest else { return nil }
            line.maximum = maximum
            counts.add(Places.oneWaiting, ordering: .relaxed)
            return line.join()
        }
        // A place that became free before this one was counted as waiting was given to nobody.
        fill()
        return number.map(Entry.line) ?? .full
    }

    /// Gives a place back, to the first in the line if there is one.
    func giveBack() {
        if counts.subtract(1, ordering: .relaxed).newValue >= Places.oneWaiting { fill() }
    }

    /// Waits for a place.
    /// - Parameters:
    ///   - socket: that of the client, who leaves the line when they have gone; nil if nobody can tell.
    ///   - time: the longest wait.
    /// - Returns: false after the longest wait, when the task is cancelled, and when the client has gone.
    func wait(
        _ number: UInt64, client socket: Int32?, atMost time: Duration = Places.longestWait,
        _ surroundings: Surroundings
    ) async -> Bool {
        await withTaskGroup(of: Bool?.self) { group in
            group.addTask { await self.turn(of: number) }
            group.addTask {
                await surroundings.sleep(time)
                return nil
            }
            if let socket {
                group.addTask {
                    await surroundings.untilGone(socket)
                    return nil
                }
            }
            var hasPlace = false
            for await result in group {
                if let result { hasPlace = result }
                group.cancelAll()
            }
            return hasPlace
        }
    }

    private func turn(of number: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let isCalled = line.withLock({ $0.wait(number, continuation) }) {
                    continuation.resume(returning: isCalled)
                }
            }
        } onCancel: {
            let continuation = line.withLock { line in
                let (isLeaving, continuation) = line.leave(number)
                if isLeaving { counts.subtract(Places.oneWaiting, ordering: .relaxed) }
                return continuation
            }
            continuation?.resume(returning: false)
        }
    }

    /// Calls those who are first in the line while places are free.
    private func fill() {
        while let called = line.withLock({ line in
            line.count > 0 && takeWaiting(atMost: line.maximum) ? line.callFirst() : nil
        }) {
            called.continuation?.resume(returning: true)
        }
    }

    /// Takes a place for one that has waited.
    private func takeWaiting(atMost maximum: Int) -> Bool {
        var known = counts.load(ordering: .relaxed)
        while known % Places.oneWaiting < maximum {
            let result = counts.compareExchange(
                expected: known, desired: known + 1 - Places.oneWaiting, ordering: .relaxed)
            if result.exchanged { return true }
            known = result.original
        }
        return false
    }
}

/// Who waits, in the order of their numbers. Its owner brings the lock.
private struct Line: Sendable {
    private enum State {
        /// Has a number and does not wait yet.
        case joined
        case waiting(CheckedContinuation<Bool, Never>)
        /// Got a place before it waited.
        case called
    }

    struct Called {
        /// Nil for one that does not wait yet.
        let continuation: CheckedContinuation<Bool, Never>?
    }

    private var states: [UInt64: State] = [:]
    /// Nobody with a smaller number is in the line.
    private var first: UInt64 = 0
    private var next: UInt64 = 0
    private(set) var count = 0
    /// How many may be in progress, as the last to join was told.
    var maximum = 0

    mutating func join() -> UInt64 {
        defer { next += 1 }
        states[next] = .joined
        count += 1
        return next
    }

    /// - Returns: nil for one that has to wait; otherwise whether it has a place.
    mutating func wait(_ number: UInt64, _ continuation: CheckedContinuation<Bool, Never>) -> Bool? {
        switch states[number] {
        case .joined:
            states[number] = .waiting(continuation)
            return nil
        case .called:
            states[number] = nil
            return true
        case .waiting, nil: return false
        }
    }

    /// - Returns: whether it was in the line.
    mutating func leave(_ number: UInt64) -> (isLeaving: Bool, continuation: CheckedContinuation<Bool, Never>?) {
        switch states[number] {
        case .called, nil: return (false, nil)
        case .joined:
            (states[number], count) = (nil, count - 1)
            return (true, nil)
        case .waiting(let continuation):
            (states[number], count) = (nil, count - 1)
            return (true, continuation)
        }
    }

    /// Takes the first out of the line, which must not be empty.
    mutating func callFirst() -> Called? {
        while first < next {
            defer { first += 1 }
            switch states[first] {
            case .called, nil: continue
            case .joined:
                (states[first], count) = (.called, count - 1)
                return Called(continuation: nil)
            case .waiting(let continuation):
                (states[first], count) = (nil, count - 1)
                return Called(continuation: continuation)
            }
        }
        return nil
    }
}

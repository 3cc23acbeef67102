import Locking

/// The places for calls that are being ended at once in a process: each takes a connection, and that of a Live session
/// carries its audio. Those that find no place wait in order.
///
/// Each type has places of its own, so that no call that one request ends waits for sessions that drain for seconds.
package final class EndingPlaces: Sendable {
    /// How many each type has in a process by default.
    package static let standard = 64

    private struct Queue: Sendable {
        var free: Int
        /// A slice, so that the first one leaves without a move of the others.
        var waiting: ArraySlice<CheckedContinuation<Void, Never>> = []

        mutating func take() -> Bool {
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    private let realtime: Locked<Queue>
    private let live: Locked<Queue>

    /// - Parameter count: of each type; at least 1.
    package init(_ count: Int = EndingPlaces.standard) {
        realtime = Locked(Queue(free: count))
        live = Locked(Queue(free: count))
    }

    /// Waits for a place and takes it.
    package func enter(_ type: CallType) async {
        await withCheckedContinuation { continuation in
            let isFree = queue(of: type).withLock { queue in
                if queue.take() { return true }
                queue.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Takes a place if one is free.
    package func enterNow(_ type: CallType) -> Bool {
        queue(of: type).withLock { $0.take() }
    }

    /// Whether a place is free at this moment.
    package func hasFree(_ type: CallType) -> Bool {
        queue(of: type).withLock { $0.free > 0 }
    }

    /// Gives the place to the first that waits.
    package func leave(_ type: CallType) {
        let next: CheckedContinuation<Void, Never>? = queue(of: type).withLock { queue in
            if let next = queue.waiting.popFirst() { return next }
            queue.free += 1
            return nil
        }
        next?.resume()
    }

    private func queue(of type: CallType) -> Locked<Queue> {
        switch type {
        case .realtime: realtime
        case .live: live
        }
    }
}

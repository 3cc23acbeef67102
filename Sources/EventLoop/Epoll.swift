internal import CLinux
import Glibc
package import System

/// An epoll set, level-triggered: epoll(7). Each descriptor in it is tagged with a number of the caller's.
@safe struct Epoll: ~Copyable {
    private let descriptor: Descriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// - Parameter capacity: how many events one wait returns at most.
    init(capacity: Int) throws(SystemError) {
        let number = try check("epoll_create1", epoll_create1(CInt(EPOLL_CLOEXEC)))
        descriptor = Descriptor(owning: number)
        unsafe events = .allocate(capacity: capacity)
        unsafe events.initialize(repeating: epoll_event())
    }

    deinit {
        unsafe events.deallocate()
    }

    /// Readable when an event is there.
    var number: CInt { descriptor.number }

    func add(_ number: CInt, for interest: Readiness, tag: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, number, interest, tag)
    }

    func change(_ number: CInt, to interest: Readiness, tag: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, number, interest, tag)
    }

    func remove(_ number: CInt) throws(SystemError) {
        try control(EPOLL_CTL_DEL, number, [], 0)
    }

    /// Waits for events; a signal ends the wait early with none.
    /// - Parameter milliseconds: 0 looks and returns, -1 waits for ever.
    /// - Returns: how many events there are, to be read by `event(at:)` before the next wait.
    func wait(milliseconds: CInt) -> Int {
        let count = unsafe epoll_wait(descriptor.number, events.baseAddress, CInt(events.count), milliseconds)
        if count >= 0 { return Int(count) }
        precondition(errno == EINTR, "epoll_wait on a valid descriptor fails only by EINTR")
        return 0
    }

    func event(at index: Int) -> (tag: UInt64, readiness: Readiness) {
        let event = unsafe events[index]
        return unsafe (event.data.u64, Readiness(rawValue: event.events))
    }

    private func control(
        _ operation: CInt, _ number: CInt, _ interest: Readiness, _ tag: UInt64
    ) throws(SystemError) {
        var event = unsafe epoll_event(events: interest.rawValue, data: epoll_data(u64: tag))
        _ = try unsafe check("epoll_ctl", epoll_ctl(descriptor.number, operation, number, &event))
    }
}

/// What a descriptor is ready for, or is to be watched for. The bits are epoll's.
package struct Readiness: OptionSet, Sendable {
    /// EPOLL constants of epoll_ctl(2), or-ed.
    package let rawValue: UInt32

    /// Bits that epoll does not know are kept.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// There is something to read, or the end of it.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// An error condition; always reported.
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)
    /// Both directions are closed; always reported.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The other end of a socket sends no more, or has closed it.
    package static let peerEnd = Readiness(rawValue: EPOLLRDHUP.rawValue)
}

/// A descriptor in an event loop's epoll set. Does not own the descriptor: end the watch before closing it.
package final class Watch {
    let descriptor: CInt
    /// Tells events of this watch from those of an earlier one with the same descriptor number.
    let tag: UInt64
    let handler: (Readiness) -> Void
    private let loop: EventLoop

    init(descriptor: CInt, tag: UInt64, loop: EventLoop, handler: @escaping (Readiness) -> Void) {
        self.descriptor = descriptor
        self.tag = tag
        self.loop = loop
        self.handler = handler
    }

    /// Watches for something else from now on. On the loop's thread.
    package func change(to interest: Readiness) throws(SystemError) {
        try loop.change(self, to: interest)
    }

    /// Ends the watch; its handler is not called again. On the loop's thread.
    package func end() {
        loop.end(self)
    }
}

extension EventLoop {
    /// Suspends the current task until the other end of a socket has gone or sends no more, or the task is cancelled. On
    /// the loop's thread; the socket stays open until then. Only cancellation ends the wait if the kernel has no memory
    /// for a watch.
    package func waitForEnd(of socket: CInt) async {
        // The box is touched only on the loop's thread: by the watch, and by `submit` when the task is cancelled.
        let wait = EndOfPeer()
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                if Task.isCancelled { return continuation.resume() }
                wait.continuation = continuation
                wait.watch = try? watch(socket, for: .peerEnd) { _ in wait.end() }
            }
        } onCancel: {
            submit { wait.end() }
        }
    }
}

/// One task that waits for the end of a socket. Owned by the thread of its loop.
private final class EndOfPeer: @unchecked Sendable {
    var watch: Watch?
    var continuation: CheckedContinuation<Void, Never>?

    func end() {
        watch?.end()
        watch = nil
        continuation?.resume()
        continuation = nil
    }
}

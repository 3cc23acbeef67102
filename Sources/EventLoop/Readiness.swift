internal import CLinux

/// What a descriptor is ready for, or is to be watched for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let readable = Readiness(rawValue: 0x001)  // EPOLLIN
    package static let writable = Readiness(rawValue: 0x004)  // EPOLLOUT
    /// An error condition; reported whether asked for or not.
    package static let error = Readiness(rawValue: 0x008)  // EPOLLERR
    /// Both directions are closed; reported whether asked for or not.
    package static let hangUp = Readiness(rawValue: 0x010)  // EPOLLHUP
    /// The peer closed its sending side.
    package static let peerClosed = Readiness(rawValue: 0x2000)  // EPOLLRDHUP
}

/// A descriptor in an event loop's epoll set. Does not own the descriptor: end the watch before closing it.
package final class Watch {
    let descriptor: CInt
    let generation: UInt32
    let handler: (Readiness) -> Void
    private let loop: EventLoop
    var isActive = true

    init(descriptor: CInt, generation: UInt32, loop: EventLoop, handler: @escaping (Readiness) -> Void) {
        self.descriptor = descriptor
        self.generation = generation
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

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

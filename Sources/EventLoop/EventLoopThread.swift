internal import CLinux
import Glibc
package import System

/// A thread of its own that runs an event loop, with a name for `top -H` and debuggers.
package final class EventLoopThread: Sendable {
    /// The loop that the thread runs.
    package let loop: EventLoop
    private let thread: pthread_t

    /// Starts the thread.
    /// - Parameters:
    ///   - loop: prepared, and running nowhere else.
    ///   - name: cut at 15 characters. The kernel accepts 15 bytes, and refuses a longer name: the thread then keeps
    ///     that of the process.
    package init(running loop: EventLoop, name: String) throws(SystemError) {
        self.loop = loop
        // Retained here, released by `runLoop` on the new thread.
        let context = unsafe Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, runLoop, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw SystemError("pthread_create", code: code)
        }
        self.thread = thread
        // The name is for people; a thread works without one.
        _ = unsafe clinux_set_thread_name(thread, String(name.prefix(15)))
    }

    /// Waits until the loop has returned from `run()`. Once only, after `loop.stop()`, from another thread.
    package func join() {
        let code = pthread_join(thread, nil)
        precondition(code == 0, "pthread_join of a joinable thread, once")
    }
}

private let runLoop: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
    return nil
}

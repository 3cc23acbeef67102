package import EventLoop

/// Runs `body` as a task on a loop with a thread of its own; then stops the loop and joins the thread.
package func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Value
) async throws -> Value {
    let thread = try EventLoopThread(running: EventLoop(), name: "test")
    defer {
        thread.loop.stop()
        thread.join()
    }
    return try await Task(executorPreference: thread.loop) { try await body(thread.loop) }.value
}

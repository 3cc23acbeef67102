import EventLoop
import Redis

/// Runs `body` with a client on a loop with a thread of its own; then closes the client and ends the thread.
func withClient<Value: Sendable>(
    _ address: RedisAddress, _ change: @Sendable (inout RedisClientSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (RedisClient, Changes) async throws -> Value
) async throws -> Value {
    let thread = try EventLoopThread(running: EventLoop(), name: "client")
    defer {
        thread.loop.stop()
        thread.join()
    }
    var settings = RedisClientSettings()
    // On a busy machine a good server may take a while; what deadlines do has tests of its own.
    settings.deadline = .seconds(20)
    settings.connectTimeout = .seconds(20)
    settings.shortestPause = .milliseconds(1)
    change(&settings)
    return try await Task(executorPreference: thread.loop) { [settings] in
        let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
        let client = try RedisClient(on: thread.loop, address: address, settings: settings) { continuation.yield($0) }
        defer { client.close() }
        return try await body(client, Changes(stream))
    }.value
}

/// Runs `body` on a loop with a thread of its own.
func withLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    let thread = try EventLoopThread(running: EventLoop(), name: "loop")
    defer {
        thread.loop.stop()
        thread.join()
    }
    try await Task(executorPreference: thread.loop) { try await body(thread.loop) }.value
}

/// What a client tells of its connection.
final class Changes: @unchecked Sendable {
    // `@unchecked`: one task asks.
    private var iterator: AsyncStream<RedisClient.Change>.Iterator

    init(_ stream: AsyncStream<RedisClient.Change>) {
        iterator = stream.makeAsyncIterator()
    }

    /// Waits for a change of that kind.
    func next(where isWanted: (RedisClient.Change) -> Bool) async -> RedisClient.Change? {
        while let change = await iterator.next(isolation: nil) {
            if isWanted(change) { return change }
        }
        return nil
    }

    func back() async {
        _ = await next { $0 == .back }
    }

    /// - Returns: the reason.
    func away() async -> String? {
        guard case .away(let words) = await next(where: { $0 != .back }) else { return nil }
        return words
    }
}

extension RedisClient {
    /// `send`, with the failure as a value.
    func result(_ words: String...) async -> Result<RedisReply, RedisFailure> {
        do { return .success(try await send(words)) } catch { return .failure(error) }
    }
}

extension Result where Failure == RedisFailure {
    var failure: RedisFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

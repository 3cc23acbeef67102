import EventLoop
import Redis
import TestTools

/// Runs `body` with a client on a loop with a thread of its own; then closes the client and ends the thread.
func withClient<Value: Sendable>(
    _ address: RedisAddress, _ change: @Sendable (inout RedisClientSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (RedisClient, Changes) async throws -> Value
) async throws -> Value {
    var settings = RedisClientSettings()
    // On a busy machine a good server may take a while; what deadlines do has tests of its own.
    settings.deadline = .seconds(20)
    settings.connectTimeout = .seconds(20)
    settings.shortestPause = .milliseconds(1)
    change(&settings)
    return try await onLoop { [settings] loop in
        let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
        let client = try RedisClient(on: loop, address: address, settings: settings) { continuation.yield($0) }
        defer { client.close() }
        return try await body(client, Changes(stream))
    }
}

/// A client of a fake server on its own loop, with deadlines that no test is to reach.
func patientClient(of server: FakeServer, on loop: EventLoop) throws -> (RedisClient, Changes) {
    var settings = RedisClientSettings()
    (settings.deadline, settings.connectTimeout) = (.seconds(20), .seconds(20))
    let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
    let client = try RedisClient(on: loop, address: server.address, settings: settings) { continuation.yield($0) }
    return (client, Changes(stream))
}

/// The changes that a client reports of its connection.
final class Changes: @unchecked Sendable {
    // `@unchecked`: one task reads.
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

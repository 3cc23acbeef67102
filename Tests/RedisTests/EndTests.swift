import EventLoop
import Redis
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)), .eachTransport)
struct EndTests {
    @Test func `a cancelled task resumes at once, and the connection goes on`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, changes in
            await changes.back()
            let task = Task(executorPreference: client.loop) { await client.result("BLPOP", "list", "1") }
            let other = Task(executorPreference: client.loop) { await client.result("ECHO", "other") }
            task.cancel()
            #expect(await task.value.failure == .cancelled)
            #expect(await other.value == .success(.bytes(Array("other".utf8))))
        }
    }

    @Test func `a task cancelled beforehand ends as cancelled`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, changes in
            await changes.back()
            let task = Task(executorPreference: client.loop) { await client.result("BLPOP", "list", "0.1") }
            task.cancel()
            #expect(await task.value.failure == .cancelled)
            #expect(await client.result("PING") == .success(.status("PONG")))
        }
    }

    @Test func `closing the client cancels what is under way and what comes later`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, changes in
            await changes.back()
            let tasks = (0..<50).map { _ in
                Task(executorPreference: client.loop) { await client.result("BLPOP", "list", "0") }
            }
            let first = Task(executorPreference: client.loop) {
                client.close()
                client.close()
                return await client.result("PING").failure
            }
            #expect(await first.value == .cancelled)
            for task in tasks { #expect(await task.value.failure == .cancelled) }
        }
    }

    @Test func `closing the client cancels what waits for the first connection`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, _ in
            let task = Task.immediate(executorPreference: client.loop) { await client.result("PING") }
            client.close()
            #expect(await task.value.failure == .cancelled)
        }
    }

    @Test func `a client may be dropped at any moment`() async throws {
        let server = try RedisServer()
        try await onLoop { loop in
            _ = try RedisClient(on: loop, address: server.address)
            let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
            var client: RedisClient? = try RedisClient(on: loop, address: server.address) { continuation.yield($0) }
            await Changes(stream).back()
            client?.post(["BLPOP", "list", "0"])
            client = nil
            let (_, reply) = (
                client, try await RedisClient(on: loop, address: server.address, settings: patient).result("PING")
            )
            #expect(reply == .success(.status("PONG")))
        }
    }

    private var patient: RedisClientSettings {
        var settings = RedisClientSettings()
        settings.deadline = .seconds(20)
        return settings
    }
}

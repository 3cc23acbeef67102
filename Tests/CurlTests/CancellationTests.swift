import Curl
import EventLoop
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CancellationTests {
    @Test func `a cancelled task resumes at once, and its connection is closed`() async throws {
        let server = try ScriptedServer { _ in [] }
        let (failure, events) = try await withClient { client, loop in
            let task = Task(executorPreference: loop) { await client.result(of: OutboundRequest(.get, server.url)) }
            _ = await server.nextRequest()
            task.cancel()
            let failure = await task.value.failure
            // While the client is still open.
            return (failure, await server.events(until: .ended))
        }
        #expect(failure == .cancelled)
        #expect(events == [.ended])
    }

    @Test func `a task cancelled beforehand sends nothing, and the client goes on`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let failures = try await withClient { client, loop in
            let task = Task(executorPreference: loop) { await client.result(of: OutboundRequest(.get, server.url)) }
            task.cancel()
            return [await task.value, await client.result(of: OutboundRequest(.head, server.url))].map(\.failure)
        }
        #expect(failures == [.cancelled, nil])
        #expect(await server.nextRequest()?.hasPrefix("HEAD") == true)
    }

    @Test func `a cancelled exchange leaves the others alone`() async throws {
        let server = try ScriptedServer { request in
            request.hasPrefix("GET") ? [] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
        }
        let kinds = try await withClient { client, loop in
            let silent = (0..<20).map { _ in
                Task(executorPreference: loop) { await client.result(of: OutboundRequest(.get, server.url)) }
            }
            let answered = (0..<20).map { _ in
                Task(executorPreference: loop) { await client.result(of: OutboundRequest(.head, server.url)) }
            }
            var kinds: [String] = []
            for task in answered { kinds.append(await task.value.kind) }
            for task in silent { task.cancel() }
            for task in silent { kinds.append(await task.value.kind) }
            return kinds
        }
        #expect(kinds == Array(repeating: "success", count: 20) + Array(repeating: "cancelled", count: 20))
    }

    @Test func `closing the client cancels what is under way and what comes later`() async throws {
        let server = try ScriptedServer { _ in [] }
        let failures = try await withClient { client, loop in
            let task = Task(executorPreference: loop) { await client.result(of: OutboundRequest(.get, server.url)) }
            _ = await server.nextRequest()
            client.close()
            client.close()
            let later = await client.result(of: OutboundRequest(.get, server.url))
            return [await task.value.failure, later.failure]
        }
        #expect(failures == [.cancelled, .cancelled])
        #expect(await server.events(until: .ended) == [.ended])
    }
}

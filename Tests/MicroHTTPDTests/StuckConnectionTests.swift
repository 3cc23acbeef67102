import EventLoop
import Glibc
import HTTP
import MicroHTTPD
import Testing

struct StuckConnectionTests {
    private static let chunked = "POST /chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// What a client sends before it waits for an end that must come before the deadline of the exchange.
    @Test(arguments: [
        chunked + "2;" + String(repeating: "a", count: 40_000),
        chunked + String(repeating: "0", count: 40_000),
        chunked + "1\r\nx\r\n2;" + String(repeating: "a", count: 40_000),
        // A connection that was suspended is no longer in libmicrohttpd's epoll set.
        "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + chunked + "2;" + String(repeating: "a", count: 80_000),
    ])
    func `a chunk-size line that has filled the memory is cut, and turns stop`(sent: String) async throws {
        var settings = ServerSettings()
        settings.exchangeTimeout = .seconds(60)
        let server = try await TestServer(settings: settings) { request in
            if request.target == "/slow" { await Task.yield() }
            return Response(.ok)
        }
        let client = try RawClient(port: server.port)
        client.send(sent)
        _ = client.readToEnd()
        try await server.expectQuiet()
        await server.stop()
    }

    @Test func `a chunk-size line that fits is read however it arrives`() async throws {
        let server = try await TestServer { Response(.ok, body: $0.body) }
        let client = try RawClient(port: server.port)
        client.send(Self.chunked + "2;" + String(repeating: "a", count: 18_000))
        client.send("\r\nab\r\n0\r\n\r\n")
        #expect(client.readToEnd().hasSuffix("\r\n\r\nab"))
        await server.stop()
    }

    @Test func `a server without clients has no turns but those of its sweep`() async throws {
        let server = try await TestServer { _ in Response(.ok) }
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        try await server.expectQuiet()
        await server.stop()
    }
}

extension TestServer {
    /// That the loop's thread spends next to nothing in a second. A cut connection may take one to end.
    fileprivate func expectQuiet() async throws {
        func spent() async -> Duration {
            await Task(executorPreference: thread.loop) {
                var time = timespec()
                _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
                return Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
            }.value
        }
        let before = await spent()
        try await Task.sleep(for: .seconds(2))
        let after = await spent()
        #expect(after - before < .milliseconds(40))
    }
}

import EventLoop
import HTTP
import MicroHTTPD
import System
import Testing

struct DrainTests {
    @Test func `a server that never ran may be let go`() throws {
        let loop = try EventLoop()
        let socket = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        let port = try boundPort(of: socket)
        _ = try Server(on: loop, listeningOn: socket) { _ in .now(Response(.ok)) }
        #expect(throws: SystemError.self) { _ = try RawClient(port: port) }
    }

    @Test func `what is in flight is answered, and new connections are refused`() async throws {
        let gate = Gate()
        let arrived = Gate()
        let server = try await TestServer { _ in
            arrived.open()
            await gate.wait()
            return Response(.ok, body: Array("late".utf8))
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await arrived.wait()
        let stopping = Task { await server.stop() }
        // The listening socket closes as the drain begins.
        while (try? RawClient(port: server.port)) != nil { await Task.yield() }
        gate.open()
        let answer = client.readToEnd()
        #expect(answer.hasSuffix("late"))
        #expect(answer.contains("Connection: close\r\n"))
        await stopping.value
    }

    /// The answer to a request that ends only when it is cancelled, of a server that is then drained.
    private func answerWhenCancelled(by drain: (TestServer) async -> Void) async throws -> String {
        let arrived = Gate()
        let server = try await TestServer { _ in
            arrived.open()
            await Gate().wait()
            return Response(Task.isCancelled ? .gatewayTimeout : .ok)
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await arrived.wait()
        await drain(server)
        return client.readToEnd()
    }

    @Test func `what does not end by the deadline is cancelled, and says so itself`() async throws {
        let answer = try await answerWhenCancelled { await $0.stop(timeout: .milliseconds(50)) }
        #expect(answer.hasPrefix("HTTP/1.1 504"))
    }

    @Test func `what is cancelled says so itself, however late the loop is`() async throws {
        let answer = try await answerWhenCancelled { server in
            let loop = server.thread.loop
            let draining = Task(executorPreference: loop) {
                // After the drain has begun, and until all of its deadlines would be over.
                loop.submit {
                    let end = ContinuousClock.now + .seconds(1)
                    while ContinuousClock.now < end {}
                }
                await server.server.drain(timeout: .milliseconds(50)) { _ in Response(.serviceUnavailable) }
            }
            await draining.value
            server.end()
        }
        #expect(answer.hasPrefix("HTTP/1.1 504"))
    }

    @Test func `what does not even end when it is cancelled gets the last answer, made for its request`() async throws {
        let arrived = Gate()
        let hanging = Gate()
        let server = try await TestServer { _ in
            arrived.open()
            await withCheckedContinuation { continuation in
                Task {
                    await hanging.wait()
                    continuation.resume()
                }
            }
            return Response(.ok)
        }
        let client = try RawClient(port: server.port)
        client.send("GET /mine HTTP/1.1\r\nHost: x\r\nOrigin: http://a.example\r\n\r\n")
        await arrived.wait()
        await server.drain(timeout: .milliseconds(50)) { request in
            Response(
                .serviceUnavailable, fields: ["Access-Control-Allow-Origin": request.fields["Origin"] ?? ""],
                body: Array(request.target.utf8))
        }
        let answer = client.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("Access-Control-Allow-Origin: http://a.example\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n/mine"))
        hanging.open()
        server.end()
    }

    @Test func `a client that has sent half a request is cut at the deadline`() async throws {
        let server = try await TestServer { _ in Response(.ok) }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").contains("200 OK"))
        await server.stop(timeout: .milliseconds(50))
        #expect(client.readToEnd().isEmpty)
    }
}

import Curl
import HTTP
import System
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct FailureTests {
    @Test func `a port where nobody listens cannot be connected to`() async throws {
        let reserved = try ReservedPort()
        defer { extendLifetime(reserved) }
        let port = reserved.number
        let failure = try await result(of: OutboundRequest(.get, "http://127.0.0.1:\(port)")).failure
        guard case .cannotConnect(let words) = failure else { throw Unexpected(failure) }
        #expect(words.contains("127.0.0.1 port \(port)"))
    }

    @Test func `libcurl's words are replaced when they hold the value of a field`() async throws {
        let reserved = try ReservedPort()
        defer { extendLifetime(reserved) }
        let port = reserved.number
        let request = OutboundRequest(.get, "http://127.0.0.1:\(port)", fields: ["Authorization": "Bearer 127.0.0.1"])
        let failure = try await result(of: request).failure
        #expect(failure == .cannotConnect("Couldn't connect to server"))
    }

    @Test func `a server that does not accept is given up at the connect deadline`() async throws {
        let server = try Loopback(backlog: 0)
        // One connection fills the queue; the kernel drops the handshakes of the others.
        let first = try Loopback.beginConnecting(to: server.port)
        let second = try Loopback.beginConnecting(to: server.port)
        let failure = try await result(of: OutboundRequest(.get, server.url)) {
            $0.connectTimeout = .milliseconds(150)
        }.failure
        guard case .cannotConnect(let words) = failure else { throw Unexpected(failure) }
        #expect(words.hasPrefix("timed out"))
        #expect(first.number != second.number)
    }

    @Test func `an answer that does not come is given up at the deadline`() async throws {
        let (failure, took) = try await failureOnOpenConnection { _ in [] }
        #expect(failure == .timedOut)
        #expect(took >= .milliseconds(150))
    }

    /// How a request with a deadline of 150 ms fails, and how long it takes. A connection is open before: a busy machine
    /// may take longer than that to open one.
    private func failureOnOpenConnection(
        _ script: @escaping @Sendable (String) -> [ScriptedServer.Step]
    ) async throws -> (TransferFailure?, took: Duration) {
        let server = try ScriptedServer { request in
            request.hasPrefix("HEAD") ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] : script(request)
        }
        return try await withClient { client, _ in
            _ = try await client.send(OutboundRequest(.head, server.url))
            var request = OutboundRequest(.post, server.url, body: "{}")
            request.timeout = .milliseconds(150)
            let began = ContinuousClock.now
            return (await client.result(of: request).failure, ContinuousClock.now - began)
        }
    }

    @Test func `an answer that stops in its middle is given up at the deadline`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
        #expect(try await failureOnOpenConnection { _ in [.send(answer)] }.0 == .timedOut)
    }

    @Test(arguments: [
        ("", ScriptedServer.Step.reset), ("", .close), ("HTTP/1.1 200 OK\r\nContent-", .close),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .reset),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .close),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .close),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense", .close),
        ("SSH-2.0-OpenSSH_9.2\r\n", .close), ("HTTP/1.1 100 Continue\r\n\r\n", .close),
    ])
    func `an exchange that breaks, or is not HTTP, is broken`(answer: String, last: ScriptedServer.Step) async throws {
        let server = try ScriptedServer(answering: answer, then: last)
        let result = try await result(of: OutboundRequest(.post, server.url, body: "{}"))
        #expect(result.kind == "broken", "\(result)")
    }

    @Test(arguments: [(1, 90_000), (90, 1_000)])
    func `a head without an end is broken`(lines: Int, length: Int) async throws {
        let line = "X: \(String(repeating: "x", count: length))\r\n"
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: lines))
        let result = try await result(of: OutboundRequest(.get, server.url))
        #expect(result.failure == .broken("the head of the answer is too long"))
    }

    @Test(arguments: [(100, "success"), (101, "too_large"), (5_000_000, "too_large")])
    func `an answer is taken up to the cap`(count: Int, kind: String) async throws {
        let body = String(repeating: "x", count: count)
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n\(body)")
        let result = try await result(of: OutboundRequest(.get, server.url)) { $0.maxBodyBytes = 100 }
        #expect(result.kind == kind)
    }

    @Test(
        arguments: [
            ("ftp://127.0.0.1/", Method.get, [:]), ("file:///etc/passwd", .get, [:]), ("http://", .get, [:]),
            ("http://user:password@127.0.0.1:1/", .get, [:]), ("http://127.0.0.1:1/\0", .get, [:]),
            ("http://127.0.0.1:1/", Method(rawValue: "GET / HTTP/1.1\r\nX:"), [:]),
            ("http://127.0.0.1:1/", .get, ["X": "1\r\nY: 2"]), ("http://127.0.0.1:1/", .get, ["X\r\nY": "2"]),
        ] as [(String, Method, Fields)])
    func `a request that cannot be sent fails before anything is sent`(
        url: String, method: Method, fields: Fields
    ) async throws {
        let result = try await result(of: OutboundRequest(method, url, fields: fields))
        #expect(result.kind == "cannot_connect")
        #expect(!"\(result)".contains("port 1 "), "it was tried")
    }

    @Test func `plain HTTP is refused unless allowed`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        let result = try await result(of: OutboundRequest(.get, server.url)) { $0.allowsPlainHTTP = false }
        #expect(result.kind == "cannot_connect")
    }
}

/// Another failure than the test is about.
struct Unexpected: Error {
    let failure: TransferFailure?

    init(_ failure: TransferFailure?) {
        self.failure = failure
    }
}

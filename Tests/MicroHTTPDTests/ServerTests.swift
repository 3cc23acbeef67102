import HTTP
import MicroHTTPD
import Testing

/// Answers with what arrived, so that a test can compare.
private func echo(_ request: Request) async -> Response {
    let defect =
        switch request.defect {
        case .malformed(let text): "malformed: \(text)"
        case .headTooLarge(let limit): "head too large: \(limit)"
        case .bodyTooLarge(let limit): "too large: \(limit)"
        case nil: "none"
        }
    let fields = request.fields.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
    let text =
        "\(request.method.rawValue) \(request.target) [\(fields)] (\(String(decoding: request.body, as: UTF8.self))) \(defect)"
    return Response(request.defect == nil ? .ok : .badRequest, fields: ["X-Test": "yes"], body: Array(text.utf8))
}

struct ServerTests {
    @Test func `a request arrives whole and its response goes back whole`() async throws {
        let server = try await TestServer(respond: echo)
        let answer = try server.exchange(
            "POST /a%2Fb?c=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A:  1 \r\nContent-Length: 5\r\n\r\nhello")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("X-Test: yes\r\n"))
        #expect(
            answer.hasSuffix(
                "POST /a%2Fb?c=%00 [Host=x|Connection=close|X-A=1|Content-Length=5] (hello) none"))
        await server.stop()
    }

    @Test func `the peer is the address that connected`() async throws {
        let server = try await TestServer { request in
            guard case .ip(let address, let port) = request.peer else { return Response(.badRequest) }
            return Response(.ok, body: Array("\(address) \(port > 0)".utf8))
        }
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("127.0.0.1 true"))
        await server.stop()
    }

    @Test func `one connection carries requests one after the other, pipelined ones too`() async throws {
        let server = try await TestServer(respond: echo)
        let answer = try server.exchange(
            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("GET /1 "))
        #expect(answer.contains("GET /2 "))
        await server.stop()
    }

    @Test func `HEAD has the head of GET and no body`() async throws {
        let server = try await TestServer { _ in Response(.ok, body: Array("four".utf8)) }
        let answer = try server.exchange("HEAD / HTTP/1.0\r\n\r\n")
        #expect(answer.contains("Content-Length: 4\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
        await server.stop()
    }

    @Test func `a chunked body arrives joined`() async throws {
        let server = try await TestServer(respond: echo)
        let answer = try server.exchange(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
        )
        #expect(answer.hasSuffix("(abcde) none"))
        await server.stop()
    }

    @Test func `an answer that takes time does not hold up others`() async throws {
        let gate = Gate()
        let server = try await TestServer { request in
            if request.target == "/slow" { await gate.wait() }
            return Response(.ok, body: Array(request.target.utf8))
        }
        let slow = try RawClient(port: server.port)
        slow.send("GET /slow HTTP/1.0\r\n\r\n")
        #expect(try server.exchange("GET /fast HTTP/1.0\r\n\r\n").hasSuffix("/fast"))
        gate.open()
        #expect(slow.readToEnd().hasSuffix("/slow"))
        await server.stop()
    }

    @Test func `a client that leaves while its answer is made does no harm`() async throws {
        let gate = Gate()
        let server = try await TestServer { request in
            if request.target == "/slow" { await gate.wait() }
            return Response(.ok, body: Array(request.target.utf8))
        }
        let leaving = try RawClient(port: server.port)
        leaving.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try server.exchange("GET /1 HTTP/1.0\r\n\r\n").hasSuffix("/1"))
        leaving.reset()
        gate.open()
        #expect(try server.exchange("GET /2 HTTP/1.0\r\n\r\n").hasSuffix("/2"))
        await server.stop()
    }

    @Test(arguments: ["GET /never", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"])
    func `a request that does not end in time is cut`(start: String) async throws {
        var settings = ServerSettings()
        settings.exchangeTimeout = .milliseconds(100)
        let server = try await TestServer(settings: settings, respond: echo)
        let began = ContinuousClock.now
        #expect(try server.exchange(start, patience: 20).isEmpty)
        #expect(ContinuousClock.now - began < .seconds(10))
        await server.stop()
    }

    @Test func `a body over the limit is a defect, however it is framed`() async throws {
        var settings = ServerSettings()
        settings.maxBody = 10
        let server = try await TestServer(settings: settings, respond: echo)
        let body = String(repeating: "x", count: 11)
        let requests = [
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n\(body)",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 161\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n\(body)\r\n0\r\n\r\n",
        ]
        for request in requests {
            let answer = try server.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(request)")
            #expect(answer.hasSuffix("() too large: 10"), "\(request)")
            #expect(answer.contains("Connection: close\r\n"), "\(request)")
        }
        let fits = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n\(body.dropLast())"
        #expect(try server.exchange(fits).hasSuffix("(xxxxxxxxxx) none"))
        await server.stop()
    }
}

/// Lets tasks wait until a test opens it.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func wait() async {
        for await _ in stream {}
    }

    func open() {
        continuation.finish()
    }
}

import Curl
import EventLoop
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ExchangeTests {
    @Test func `status, fields and body arrive; fields of the connection do not`() async throws {
        let server = try ScriptedServer(
            answering: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nx-a:\t 2 \r\nDate: today\r\n"
                + "Connection: keep-alive\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello")
        let response = try await result(of: OutboundRequest(.get, server.url)).get()
        #expect(
            response
                == Response(
                    .ok, fields: ["Content-Type": "text/plain", "X-A": "1", "x-a": "2", "X-Empty": ""],
                    body: Array("hello".utf8)))
    }

    @Test func `a chunked body arrives whole and its trailer is left out`() async throws {
        let server = try ScriptedServer(
            answering: "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n")
        let response = try await result(of: OutboundRequest(.get, server.url)).get()
        #expect(response == Response(Status(rawValue: 201), fields: ["Trailer": "X-T"], body: Array("abcde".utf8)))
    }

    @Test func `the request is what was asked for, byte for byte`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        let fields: Fields = ["Authorization": "Bearer sk-test", "Content-Type": "application/json", "X-Empty": ""]
        let request = OutboundRequest(.post, server.url + "/v1/a?b=c", fields: fields, body: #"{"a":1}"#)
        _ = try await result(of: request).get()
        #expect(
            await server.nextRequest() == "POST /v1/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                + "User-Agent: ephemerald\r\nAuthorization: Bearer sk-test\r\n"
                + "Content-Type: application/json\r\nX-Empty:\r\nContent-Length: 7\r\n\r\n" + #"{"a":1}"#)
    }

    @Test(
        arguments: [
            (Method.get, "", "GET / HTTP/1.1\r\n", nil), (.head, "", "HEAD / HTTP/1.1\r\n", nil),
            (.options, "", "OPTIONS / HTTP/1.1\r\n", nil),
            (Method(rawValue: "DELETE"), "", "DELETE / HTTP/1.1\r\n", nil),
            (.post, "", "POST / HTTP/1.1\r\n", 0), (Method(rawValue: "PUT"), "xy", "PUT / HTTP/1.1\r\n", 2),
        ] as [(Method, String, String, Int?)])
    func `each method sends its own request line, and a length if it has a body`(
        method: Method, body: String, line: String, length: Int?
    ) async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        _ = try await result(of: OutboundRequest(method, server.url, body: body)).get()
        let expected =
            "\(line)Host: 127.0.0.1:\(server.port)\r\nUser-Agent: ephemerald\r\n"
            + (length.map { "Content-Length: \($0)\r\n" } ?? "") + "\r\n" + body
        #expect(await server.nextRequest() == expected)
    }

    @Test func `a long body is sent without waiting for leave`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let body = String(repeating: "x", count: 2_000_000)
        _ = try await result(of: OutboundRequest(.post, server.url, body: body)).get()
        let request = try #require(await server.nextRequest())
        #expect(!request.contains("Expect"))
        #expect(request.hasSuffix("\r\n\r\n" + body))
    }

    @Test func `nothing of one request is left in the next, and both use one connection`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        try await withClient { client, _ in
            for request in [
                OutboundRequest(.post, server.url, fields: ["X-Key": "1"], body: "body"),
                OutboundRequest(Method(rawValue: "PUT"), server.url, body: "put"),
                OutboundRequest(.head, server.url), OutboundRequest(.get, server.url),
            ] {
                _ = try await client.send(request)
            }
        }
        let rest = "Host: 127.0.0.1:\(server.port)\r\nUser-Agent: ephemerald\r\n"
        #expect(
            await server.events(until: .ended) == [
                .accepted, .request("POST / HTTP/1.1\r\n\(rest)X-Key: 1\r\nContent-Length: 4\r\n\r\nbody"),
                .request("PUT / HTTP/1.1\r\n\(rest)Content-Length: 3\r\n\r\nput"),
                .request("HEAD / HTTP/1.1\r\n\(rest)\r\n"), .request("GET / HTTP/1.1\r\n\(rest)\r\n"), .ended,
            ])
    }

    @Test func `a client that is not used any more closes its connections, and opens others when it is`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        try await withClient({ $0.maxIdleSeconds = 1 }) { client, _ in
            for _ in 0..<2 {
                _ = try await client.send(OutboundRequest(.get, server.url))
                let events = await server.events(until: .ended)
                #expect(events.first == .accepted && events.count == 3)
            }
        }
    }

    @Test(arguments: [
        (Method.get, "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", 204),
        (.head, "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5000000\r\n\r\n", 200),
        (.get, "HTTP/1.1 302 Found\r\nX-A: 1\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302),
        (
            .get,
            "HTTP/1.1 100 Continue\r\nX-A: 0\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-A: 0\r\n\r\n"
                + "HTTP/1.1 429 Too Many Requests\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n", 429
        ),
        (.get, "HTTP/1.0 500 Oops\r\nX-A: 1\r\n\r\n", 500),
    ])
    func `an answer without a body, with interim answers or elsewhere is accepted as it is`(
        method: Method, answer: String, status: Int
    ) async throws {
        let server = try ScriptedServer(answering: answer, then: status == 500 ? .close : nil)
        let response = try await result(of: OutboundRequest(method, server.url)).get()
        #expect(response.status.rawValue == status)
        #expect(response.fields.values(of: "X-A") == ["1"])
        #expect(response.body.isEmpty)
    }

    @Test func `a field that comes twice is seen twice, also when it is asked for`() async throws {
        let answer = "HTTP/1.1 201 Created\r\nLocation: /a\r\nX-A: 1\r\nlocation: /b\r\nLocation: /c\r\n"
        let server = try ScriptedServer(answering: answer + "Content-Length: 0\r\n\r\n")
        var request = OutboundRequest(.post, server.url)
        request.responseFields = ["location", "x-b", "x-a"]
        let response = try await result(of: request).get()
        #expect(response.fields == ["location": "/a", "location": "/b", "x-a": "1"])
    }

    @Test func `two hundred requests at once are all answered, each with its own answer`() async throws {
        let server = try ScriptedServer { request in
            let path = request.split(separator: " ")[1]
            return [.send("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")]
        }
        let answers = try await withClient { client, loop in
            let tasks = (0..<200).map { index in
                Task(executorPreference: loop) {
                    try await client.send(OutboundRequest(.get, "\(server.url)/\(index)")).text
                }
            }
            var answers: [String] = []
            for task in tasks { answers.append(try await task.value) }
            return answers
        }
        #expect(answers == (0..<200).map { "/\($0)" })
    }

    @Test func `the task stays on the loop's thread`() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let stayed = try await withClient { client, loop in
            let before = loop.isCurrent
            _ = try await client.send(OutboundRequest(.get, server.url))
            return before && loop.isCurrent
        }
        #expect(stayed)
    }

    @Test func `libcurl names itself`() {
        #expect(HTTPClient.version.hasPrefix("libcurl/"))
    }
}

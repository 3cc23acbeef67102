import Curl
import HTTP
import Locking
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RepetitionTests {
    /// A server that keeps a connection after the first request, reads the next one whole and then closes. It answers
    /// every later one.
    private func closingServer() throws -> ScriptedServer {
        let creations = Locked(0)
        return try ScriptedServer { request in
            guard request.hasSuffix("create") else { return [.send("HTTP/1.1 204 No Content\r\n\r\n")] }
            let number = creations.withLock { count -> Int in
                count += 1
                return count
            }
            return number == 1 ? [.close] : [.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")]
        }
    }

    /// The result of a creation on a kept connection, and how many creations arrived whole.
    private func create(mayRepeat: Bool) async throws -> (Result<Response, TransferFailure>, arrived: Int) {
        let server = try closingServer()
        let url = server.url
        let result = try await withClient { client, _ in
            _ = try await client.send(OutboundRequest(.post, url, body: "first"))
            var request = OutboundRequest(.post, url, body: "create")
            request.mayRepeat = mayRepeat
            let result = await client.result(of: request)
            _ = try await client.send(OutboundRequest(.post, url, body: "last"))
            return result
        }
        let events = await server.events(untilRequest: { $0.hasSuffix("last") })
        #expect(events.first == .accepted && events.dropFirst(2).first.map { $0 != .accepted } ?? false)
        return (result, events.count { if case .request(let text) = $0 { text.hasSuffix("create") } else { false } })
    }

    @Test func `a request that may not be repeated arrives once, and its failure says why`() async throws {
        let (result, arrived) = try await create(mayRepeat: false)
        #expect(arrived == 1)
        let reason = "the server closed the connection before it answered; the request may not be repeated"
        #expect(result.failure == .broken(reason))
    }

    @Test func `libcurl repeats any other request`() async throws {
        let (result, arrived) = try await create(mayRepeat: true)
        #expect(arrived == 2)
        #expect(try result.get().status == Status(rawValue: 201))
    }

    @Test(arguments: [1, 20_000, 300_000], [Method.post, Method(rawValue: "PUT")])
    func `a body that may not be repeated arrives byte for byte`(count: Int, method: Method) async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        let body = String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 % 25))) })
        let url = server.url
        try await withClient { client, _ in
            var request = OutboundRequest(method, url, fields: ["X-Mark": "once"], body: body)
            request.mayRepeat = false
            // Twice with the same handle, then another kind of body with it.
            let requests = [
                request, request, OutboundRequest(.post, url, body: "plain"), OutboundRequest(.get, url),
            ]
            for request in requests {
                let response = try await client.send(request)
                #expect(response.status == .noContent)
            }
        }
        for _ in 0..<2 {
            let request = await server.nextRequest() ?? ""
            #expect(request.hasPrefix("\(method.rawValue) / HTTP/1.1\r\n"))
            #expect(request.contains("\r\nContent-Length: \(count)\r\n"))
            #expect(!request.contains("Expect"))
            #expect(request.hasSuffix("\r\n\r\n\(body)"))
        }
        #expect(await server.nextRequest()?.hasSuffix("\r\n\r\nplain") == true)
        #expect(await server.nextRequest()?.hasPrefix("GET ") == true)
    }
}

import HTTP
import MicroHTTPD
import Testing

/// Answers with the target in fields, of which a sent response can change two, and 4,000 times its last byte as the body.
private func repeatTarget(_ request: Request) async -> Response {
    let fields: Fields = [
        "RateLimit": request.target, "X-Kind": "\(request.target.utf8.count)", "X-Request-Id": request.target,
    ]
    return Response(.ok, fields: fields, body: Array(repeating: request.target.utf8.last ?? 0, count: 4_000))
}

/// The values of a field in a text with several answers.
private func values(of name: String, in answers: String) -> [String] {
    let start = Array("\(name): ".utf8)
    return Array(answers.utf8).split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: start) }
        .map { String(decoding: $0.dropFirst(start.count).dropLast(), as: UTF8.self) }
}

struct ResponseShelfTests {
    @Test func `answers of one shape each have their own fields and body`() async throws {
        let server = try await TestServer(respond: repeatTarget)
        let targets = ["/1", "/2", "/2", "/3", "/longer", "/1"]
        let answers = try server.exchange(
            targets.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
                + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let all = targets + ["/last"]
        #expect(values(of: "RateLimit", in: answers) == all)
        #expect(values(of: "X-Request-Id", in: answers) == all)
        #expect(values(of: "X-Kind", in: answers) == all.map { "\($0.utf8.count)" })
        for target in all {
            let lines = "X-Kind: \(target.utf8.count)\r\nRateLimit: \(target)\r\nX-Request-Id: \(target)\r\n"
            #expect(answers.contains(lines), "in this order, whatever the answer before")
            let body = String(repeating: String(target.suffix(1)), count: 4_000)
            #expect(answers.contains("\r\n\r\n\(body)HTTP/") || answers.hasSuffix("\r\n\r\n\(body)"))
        }
        await server.stop()
    }

    @Test func `an answer on its way does not change`() async throws {
        let server = try await TestServer(respond: repeatTarget)
        // Pipelined, so that the server has more of these under way while it answers others.
        let count = 500
        let slow = try RawClient(port: server.port, patience: 5)
        slow.send(String(repeating: "GET /s HTTP/1.1\r\nHost: x\r\n\r\n", count: count))
        for _ in 0..<20 {
            let answer = try server.exchange("GET /z HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(values(of: "X-Request-Id", in: answer) == ["/z"])
        }
        slow.send("GET /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let answers = slow.readToEnd()
        #expect(values(of: "X-Request-Id", in: answers) == Array(repeating: "/s", count: count) + ["/e"])
        let isMixed = answers.utf8.contains(UInt8(ascii: "z"))
        #expect(!isMixed)
        await server.stop()
    }
}

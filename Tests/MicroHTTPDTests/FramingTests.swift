import HTTP
import MicroHTTPD
import Testing

struct FramingTests {
    /// What stands behind `POST / HTTP/1.1\r\n`, and what is said to be wrong with it.
    @Test(arguments: [
        ("Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "more than one Content-Length"),
        ("Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "more than one Content-Length"),
        ("Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "stand together"),
        ("Host: x\r\nTransfer-Encoding: gzip\r\n\r\n", "taken is chunked"),
        ("Host: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "taken is chunked"),
        ("Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "taken is chunked"),
        (
            "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "more than one Transfer-Encoding"
        ),
        ("Content-Length: 0\r\n\r\n", "Host field is missing"),
        ("Host: x\r\nHost: x\r\n\r\n", "more than one Host"),
        ("Host: x/y\r\n\r\n", "not a host and port"),
        ("Host: x\r\nX-A: a\u{1}b\r\n\r\n", "control character"),
        ("Host: x\r\nX(A): a\r\n\r\n", "name holds a character"),
        ("Host: x\r\nContent-Length : 0\r\n\r\n", "name holds a character"),
    ])
    func `a doubtful head is a defect and closes the connection`(head: String, reason: String) async throws {
        let server = try await TestServer { request in
            guard case .malformed(let text) = request.defect else { return Response(.ok) }
            return Response(.badRequest, body: Array(text.utf8))
        }
        let answer = try server.exchange("POST / HTTP/1.1\r\n\(head)GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400"))
        #expect(answer.contains(reason))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer only")
        await server.stop()
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
        "\u{1}\u{2}\u{3}\r\n\r\n",
    ])
    func `what libmicrohttpd cannot parse is refused, closed, and never reaches us`(request: String) async throws {
        let server = try await TestServer { _ in Response(.ok) }
        let answer = try server.exchange(request + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 505"))
        #expect(!answer.contains(" 200 "))
        await server.stop()
    }

    @Test func `a head longer than the connection's memory is refused`() async throws {
        let server = try await TestServer { _ in Response(.ok) }
        let long = String(repeating: "a", count: 40_960)
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: x\r\nX-A: \(long)\r\n\r\n").hasPrefix("HTTP/1.1 431"))
        #expect(try server.exchange("GET /\(long) HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 414"))
        await server.stop()
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:3001\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: caf\u{e9}\t1\r\n\r\n",
    ])
    func `a sound head is none`(request: String) async throws {
        let server = try await TestServer { Response($0.defect == nil ? .ok : .badRequest) }
        #expect(try server.exchange(request).contains(" 200 OK"))
        await server.stop()
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}

import HTTP
import MicroHTTPD
import Testing

struct FramingTests {
    /// What stands behind `POST / HTTP/1.1\r\n`, and what is said to be wrong with it.
    @Test(arguments: [
        ("Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "more than one Content-Length"),
        ("Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "more than one Content-Length"),
        ("Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "both present"),
        ("Host: x\r\nTransfer-Encoding: gzip\r\n\r\n", "accepted is chunked"),
        ("Host: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "accepted is chunked"),
        ("Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "accepted is chunked"),
        (
            "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "more than one Transfer-Encoding"
        ),
        ("Content-Length: 0\r\n\r\n", "Host field is missing"),
        ("Host: x\r\nHost: x\r\n\r\n", "more than one Host"),
        ("Host: x/y\r\n\r\n", "not a host and port"),
        ("Host: x\r\nX-A: a\u{1}b\r\n\r\n", "control character"),
        ("Host: x\r\nX(A): a\r\n\r\n", "name contains a character"),
        ("Host: x\r\nContent-Length : 0\r\n\r\n", "name contains a character"),
        ("Host: x\r\nX-A: a\0b\r\nX-B: c\r\n\r\n", "NUL, a bare line feed"),
        ("Host: x\r\nX-A: a\0b\r\n\r\n", "NUL, a bare line feed"),
        ("Host: x\r\nX-A: a\nX-B: c\r\n\r\n", "NUL, a bare line feed"),
        ("Host: x\r\nX-A: a\r\n b\r\nX-B: c\r\n\r\n", "a folded line"),
        ("Host: x\r\n: a\r\nX-B: c\r\n\r\n", "NUL, a bare line feed"),
        ("Host: x\r\n: a\r\n", "NUL, a bare line feed"),
        ("Host: x\r\n\0\r\n", "NUL, a bare line feed"),
        ("Host: x\r\n\0X: a\r\n", "NUL, a bare line feed"),
        ("Host: x\r\nTransfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n", "NUL, a bare line feed"),
        ("Host: x\r\nX-A: a\n\r\n", "NUL, a bare line feed"),
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
        "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\0 / HTTP/1.1", "GET /a\0b HTTP/1.1", "GET /a b HTTP/1.1",
        "GET /caf\u{e9} HTTP/1.1", "GET /\u{7F} HTTP/1.1", "G:T / HTTP/1.1", "\u{feff}GET / HTTP/1.1",
    ])
    func `a doubtful request line is a defect and closes the connection`(line: String) async throws {
        let server = try await TestServer { Response($0.defect == nil ? .ok : .badRequest) }
        let answer = try server.exchange("\(line)\r\nHost: x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("HTTP/1.1 505"))
        #expect(!answer.contains("HTTP/1.1 200"))
        await server.stop()
    }

    @Test func `nothing is read after a chunked body`() async throws {
        let server = try await TestServer { Response(.ok, body: Array($0.target.utf8)) }
        let answer = try server.exchange(
            "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasSuffix("/first"))
        #expect(answer.contains("Connection: close"))
        await server.stop()
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: x\r\nX-A\0: b\r\n\r\n",
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

    /// Heads of every length up to the library's own limit: each is answered, and none but the short ones with 200.
    @Test func `a long head is a defect while there is memory left to say so`() async throws {
        let server = try await TestServer { request in
            Response(request.defect == .headTooLarge(limit: 16_384) ? .headerFieldsTooLarge : .ok)
        }
        for length in stride(from: 15_000, through: 24_000, by: 150) {
            let value = String(repeating: "a", count: length)
            let answer = try server.exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: \(value)\r\n\r\n")
            #expect(answer.hasPrefix(length < 16_320 ? "HTTP/1.1 200" : "HTTP/1.1 431") || length > 22_000, "\(length)")
            #expect(!answer.hasPrefix("HTTP/1.1 200") || length < 16_384, "\(length)")
        }
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

import HTTP
import MicroHTTPD
import Testing

struct AbsoluteTargetTests {
    /// A request line without its version, the field lines, and the method, target and `Host` that the policy sees.
    @Test(arguments: [
        ("GET http://x/api/health", "Host: x\r\n", "GET /api/health x"),
        ("GET https://x/api/health", "Host: x\r\n", "GET /api/health x"),
        ("GET HTTP://x/a", "Host: x\r\n", "GET /a x"),
        ("GET http://x:80/a", "Host: x\r\n", "GET /a x:80"),
        ("GET http://x/a", "Host: x:80\r\n", "GET /a x"),
        ("GET https://X.example:443/a", "Host: x.EXAMPLE\r\n", "GET /a X.example:443"),
        ("GET http://[::1]:3001/a", "Host: [::1]:3001\r\n", "GET /a [::1]:3001"),
        ("GET http://x", "Host: x\r\n", "GET / x"),
        ("GET http://x?b=http://y/", "Host: x\r\n", "GET /?b=http://y/ x"),
        ("GET http://x/a%2Fb?c=%00", "Host: x\r\n", "GET /a%2Fb?c=%00 x"),
        ("GET http://x//y/z", "Host: x\r\n", "GET //y/z x"),
        ("OPTIONS http://x/a", "Host: x\r\n", "OPTIONS /a x"),
        ("OPTIONS http://x", "Host: x\r\n", "OPTIONS * x"),
        ("OPTIONS http://x?", "Host: x\r\n", "OPTIONS /? x"),
        // Not absolute forms of a scheme that is spoken here: no route has such a target.
        ("OPTIONS *", "Host: x\r\n", "OPTIONS * x"),
        ("GET ftp://x/a", "Host: x\r\n", "GET ftp://x/a x"),
        ("GET http:/a", "Host: x\r\n", "GET http:/a x"),
        ("GET /http://y/a", "Host: x\r\n", "GET /http://y/a x"),
    ])
    func `an absolute target arrives as its path and its host`(line: String, head: String, seen: String) async throws {
        let server = try await TestServer { request in
            let hosts = request.fields.values(of: "Host").joined(separator: "|")
            let text = "\(request.method.rawValue) \(request.target) \(hosts)"
            return Response(request.defect == nil ? .ok : .badRequest, body: Array(text.utf8))
        }
        let answer = try server.exchange("\(line) HTTP/1.1\r\n\(head)Connection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.hasSuffix("\r\n\r\n\(seen)"))
        await server.stop()
    }

    @Test func `an absolute target names the host where HTTP 1.0 names none`() async throws {
        let server = try await TestServer { Response(.ok, body: Array(($0.fields["Host"] ?? "none").utf8)) }
        #expect(try server.exchange("GET http://x:3001/a HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nx:3001"))
        await server.stop()
    }

    @Test(arguments: [
        ("GET http://y/a", "Host: x\r\n", "different hosts"),
        ("GET http://x:81/a", "Host: x\r\n", "different hosts"),
        ("GET https://x:80/a", "Host: x\r\n", "different hosts"),
        ("GET http://x/a", "Host: x:443\r\n", "different hosts"),
        ("GET http://x/a", "Host:\r\n", "different hosts"),
        ("GET http://x/a", "Host: x\r\nHost: x\r\n", "more than one Host"),
        ("GET http://x/a", "", "Host field is missing"),
        ("GET http:///a", "Host: x\r\n", "names no host"),
        ("GET http://user@x/a", "Host: x\r\n", "names no host"),
        ("GET http://x#/a", "Host: x\r\n", "names no host"),
        ("GET http://x\\y/a", "Host: x\r\n", "names no host"),
    ])
    func `an absolute target that contradicts Host is a defect`(
        line: String, head: String, reason: String
    ) async throws {
        let server = try await TestServer { request in
            guard case .malformed(let text) = request.defect else { return Response(.ok) }
            return Response(.badRequest, body: Array(text.utf8))
        }
        let answer = try server.exchange("\(line) HTTP/1.1\r\n\(head)\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400"))
        #expect(answer.contains(reason))
        #expect(!answer.contains(" 200 "), "the connection closes")
        await server.stop()
    }
}

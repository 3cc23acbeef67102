import Curl
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    @Test func `a certificate that is not trusted is refused`() async throws {
        let server = try await TLSServer()
        let result = try await result(of: OutboundRequest(.get, "https://localhost:\(server.port)/"))
        guard case .tls(let words) = result.failure else { throw Unexpected(result.failure) }
        #expect(words.contains("certificate"))
    }

    @Test func `a certificate of the configured authority is accepted, for either protocol`() async throws {
        let server = try await TLSServer()
        let certificate = server.certificate
        for version in [HTTPClientSettings.HTTPVersion.http1, .http2] {
            let result = try await result(of: OutboundRequest(.get, "https://localhost:\(server.port)/")) {
                $0.caFile = certificate
                $0.httpVersion = version
                $0.allowsPlainHTTP = false
            }
            #expect(try result.get().status == .ok)
        }
    }

    @Test func `a certificate for another name is refused`() async throws {
        let server = try await TLSServer()
        let certificate = server.certificate
        let result = try await result(of: OutboundRequest(.get, "https://127.0.0.1:\(server.port)/")) {
            $0.caFile = certificate
        }
        #expect(result.kind == "tls", "\(result)")
    }

    @Test func `a file of authorities that is not there fails as TLS`() async throws {
        let server = try await TLSServer()
        let result = try await result(of: OutboundRequest(.get, "https://localhost:\(server.port)/")) {
            $0.caFile = "/nonexistent.pem"
        }
        #expect(result.kind == "tls", "\(result)")
    }

    @Test func `a server that does not answer the handshake is given up at the connect deadline`() async throws {
        let server = try ScriptedServer { _ in [] }
        let result = try await result(of: OutboundRequest(.get, "https://127.0.0.1:\(server.port)/")) {
            $0.connectTimeout = .milliseconds(150)
        }
        #expect(result.kind == "cannot_connect", "\(result)")
    }
}

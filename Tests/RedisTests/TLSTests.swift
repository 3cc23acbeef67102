import Redis
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `A Redis with TLS` {
    /// Why a client has no connection.
    private func reason(
        certificate: String, host: String = "localhost", caFile: String? = nil
    ) async throws -> String? {
        try await Transport.$current.withValue(.tls) {
            let server = try RedisServer(certificate: certificate)
            guard case .tcp(_, let port) = server.address.place else { throw TestAuthority.Missing() }
            let address = RedisAddress(
                .tcp(host: host, port: port), isTLS: true, caFile: try caFile ?? authority.get().path("ca.pem"))
            return try await withClient(address) { _, changes in
                if case .away(let words) = await changes.next(where: { _ in true }) { words } else { nil }
            }
        }
    }

    @Test(
        arguments: [
            ("localhost", "localhost", nil), ("localhost", "127.0.0.1", nil),
            ("other", "localhost", "subject name matches target host name 'localhost'"),
            ("localhost", "::1", "Connection refused"),
            ("expired", "localhost", "certificate has expired"),
        ] as [(String, String, String?)])
    func `has to prove that it has the name of the URL, now`(
        certificate: String, host: String, words: String?
    ) async throws {
        let reason = try await reason(certificate: certificate, host: host)
        #expect((reason == nil) == (words == nil), "\(reason ?? "")")
        #expect(reason?.contains(words ?? "") ?? true, "\(reason ?? "")")
    }

    @Test func `has to be vouched for by the authority that is trusted`() async throws {
        let another = try TestAuthority()
        for caFile in [another.path("ca.pem"), "/etc/ssl/certs/ca-certificates.crt"] {
            let reason = try await reason(certificate: "localhost", caFile: caFile)
            #expect(reason?.contains("self-signed certificate in certificate chain") == true, "\(reason ?? "")")
        }
    }

    @Test func `is not spoken to in the clear, and the password stays here`() async throws {
        let reserved = try ReservedPort()
        defer { extendLifetime(reserved) }
        let port = reserved.number
        let server = try RedisServer(["--port", "\(port)", "--bind", "127.0.0.1", "--requirepass", "secret"])
        let address = RedisAddress(.tcp(host: "localhost", port: port), password: "secret", isTLS: true)
        let reason = try await withClient(address, { $0.connectTimeout = .milliseconds(200) }) { _, changes in
            await changes.away()
        }
        #expect(reason != nil)
        server.kill()
    }

    @Test func `accepts the password of a user`() async throws {
        try await Transport.$current.withValue(.tls) {
            let server = try RedisServer(["--user", "minter", "on", ">other", "~*", "+@all"])
            guard case .tcp(let host, let port) = server.address.place else { throw TestAuthority.Missing() }
            let address = RedisAddress(
                .tcp(host: host, port: port), database: 3, user: "minter", password: "other", isTLS: true,
                caFile: server.address.caFile)
            let name = try await withClient(address) { client, _ in try await client.send(["ACL", "WHOAMI"]) }
            #expect(name == .bytes(Array("minter".utf8)))
            #expect("\(address)" == "rediss://localhost:\(port)/3")
        }
    }
}

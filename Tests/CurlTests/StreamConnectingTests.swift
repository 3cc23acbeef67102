import Curl
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `A byte stream that connects` {
    private func failure(
        of peer: StreamPeer, _ change: @escaping @Sendable (inout StreamTarget) -> Void = { _ in }
    ) async throws -> StreamFailure? {
        var target = peer.target(.tls("localhost"))
        change(&target)
        return try await withStreams { [target] streams in
            try await StreamRecord(target, over: streams, "bye\n").ended()
        }
    }

    @Test(
        arguments: [
            ("other", "no alternative certificate subject name matches target host name 'localhost'"),
            ("expired", "certificate has expired"),
        ])
    func `refuses a certificate, and says why`(name: String, words: String) async throws {
        let failure = try await failure(of: StreamPeer(.tls(name)))
        guard case .tls(let said) = failure else { throw Unexpected(nil) }
        #expect(said.contains(words), "\(said)")
    }

    @Test func `refuses an authority that it does not know, and says so`() async throws {
        let another = try TestAuthority()
        for caFile in [nil, another.path("ca.pem")] {
            let failure = try await failure(of: StreamPeer(.tls("localhost"))) { $0.tls?.caFile = caFile }
            guard case .tls(let said) = failure else { throw Unexpected(nil) }
            #expect(said.contains("unable to get local issuer certificate"), "\(said)")
        }
    }

    @Test func `says that the file of authorities is missing`() async throws {
        let failure = try await failure(of: StreamPeer(.tls("localhost"))) { $0.tls?.caFile = "/nowhere.pem" }
        guard case .tls(let said) = failure else { throw Unexpected(nil) }
        #expect(said.contains("/nowhere.pem"), "\(said)")
    }

    @Test func `checks the certificate for the name that it is given, not for the place`() async throws {
        let authority = try TestAuthority()
        for (certificate, name, isRight) in [
            ("other", "other.example", true), ("other", nil, false), ("localhost", "other.example", false),
        ] {
            let failure = try await failure(of: StreamPeer(.tls(certificate), of: authority)) {
                $0.tls?.serverName = name
            }
            #expect((failure == .ended) == isRight, "\(certificate) \(name ?? "") \(String(describing: failure))")
        }
    }

    @Test func `speaks TLS only to a server that does`() async throws {
        let peer = try StreamPeer(.tcp)
        let failure = try await failure(of: peer) { $0.connectTimeout = .milliseconds(300) }
        switch failure {
        // The peer waits for the end of a line, and a ClientHello may hold one.
        case .timedOut, .tls: break
        default: throw Unexpected(nil)
        }
    }

    @Test(arguments: [(false, "None"), (true, "http/1.1")])
    func `offers http/1.1 when it should, and never h2`(offers: Bool, chosen: String) async throws {
        let peer = try StreamPeer(.tls("localhost"))
        var target = peer.target(.tls("localhost"))
        target.tls?.offersHTTP1 = offers
        try await withStreams { [target] streams in
            let record = try StreamRecord(target, over: streams, "alpn\n")
            await record.wait(for: chosen.utf8.count)
            #expect(record.text == chosen)
            record.close()
        }
    }

    @Test func `gives up at its deadline`() async throws {
        let silent = try Loopback()
        var target = StreamTarget(.tcp(host: "127.0.0.1", port: silent.port))
        target.tls = StreamTarget.TLS()
        target.connectTimeout = .milliseconds(100)
        let failure = try await withStreams { [target] streams in
            try await StreamRecord(target, over: streams).ended()
        }
        #expect(failure == .timedOut)
    }

    @Test func `says why it cannot connect`() async throws {
        let reserved = try ReservedPort()
        defer { extendLifetime(reserved) }
        let port = reserved.number
        let table: [(StreamTarget.Place, String)] = [
            (.tcp(host: "127.0.0.1", port: port), "Connection refused"),
            (.tcp(host: "localhost", port: port), "Connection refused"),
            (.tcp(host: "::1", port: port), "Connection refused"),
            (.unix(path: "/nowhere/at.all"), "No such file or directory"),
            (.tcp(host: "nobody.invalid", port: port), "Could not resolve host: nobody.invalid"),
        ]
        for (place, words) in table {
            let failure = try await withStreams { streams in
                try await StreamRecord(StreamTarget(place), over: streams).ended()
            }
            #expect(failure == .cannotConnect(words), "\(place)")
        }
    }

    @Test(arguments: ["", "a b", "h/path", "user@h", "h?x", "h\u{0}", "käse"])
    func `has no place that is not a host`(host: String) async throws {
        _ = try await withStreams { streams in
            #expect(throws: StreamFailure.self) {
                try streams.open(StreamTarget(.tcp(host: host, port: 1)), onReceive: { _ in }, onEnd: { _ in })
            }
        }
    }

    @Test(arguments: [("HTTP/1.1 200 OK\r\n\r\n", nil), ("HTTP/1.1 403 No\r\n\r\n", "the proxy answered 403")])
    func `goes through a proxy`(answer: String, words: String?) async throws {
        let proxy = try ScriptedServer { request in
            [.send(request.hasPrefix("CONNECT peer.example:7 ") ? answer : "got \(request)")]
        }
        var target = StreamTarget(.tcp(host: "peer.example", port: 7))
        target.proxy = proxy.url
        try await withStreams { [target] streams in
            let record = try StreamRecord(target, over: streams, "hello\r\n\r\n")
            await record.wait(for: 13)
            #expect(record.text == (words == nil ? "got hello\r\n\r\n" : ""))
            #expect(record.failure == words.map(StreamFailure.cannotConnect))
            record.close()
        }
    }
}

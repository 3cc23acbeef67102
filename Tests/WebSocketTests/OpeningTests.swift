import Curl
import HTTP
import TestTools
import Testing
import WebSocket

@Suite(.timeLimit(.minutes(5)))
struct `A WebSocket that opens` {
    private static let head = "HTTP/1.1 101 Switching Protocols\r\n"
    private static let right = head + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
    private static let noChange = "its answer does not change the protocol to WebSocket"
    private static let noProof = "its answer does not prove that it read the request"
    private static let tooLong = "its answer is too long"
    private static let notHTTP = "its answer is not HTTP"
    private static let unasked = "its answer names an extension or a protocol that was not offered"

    private func failure(
        of answer: String, from peer: WebSocketPeer, mode: String = "answer"
    ) async throws -> WebSocketFailure? {
        let bytes = answer.utf8.map(hex).joined()
        return try await peer.outcome(of: "/\(mode)/\(bytes)") { $0.openTimeout = .seconds(20) }.failure
    }

    private static let unbelievable: [(answer: String, words: String)] = [
        ("\(head)Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n", noChange),
        ("\(head)Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n", noChange),
        ("\(head)Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: {accept}\r\n\r\n", noChange),
        ("\(head)Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", noProof),
        ("\(right.replacing("{accept}", with: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))\r\n", noProof),
        ("\(right.replacing("{accept}", with: "{accept}="))\r\n", noProof),
        ("\(right)Sec-WebSocket-Accept: {accept}\r\n\r\n", noProof),
        ("\(right)Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", unasked),
        ("\(right)Sec-WebSocket-Protocol: chat\r\n\r\n", unasked),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", notHTTP),
        ("HTTP/1.0 101 Switching Protocols\r\n\r\n", notHTTP),
        ("HTTP/1.1 1o1 x\r\n\r\n", notHTTP),
        ("\(head)Upgrade : websocket\r\n\r\n", notHTTP),
        ("\(head) folded\r\n\r\n", notHTTP),
        ("\(head)X: {17000x}", "the head of its answer is too long"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: -1\r\n\r\n", notHTTP),
        ("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", notHTTP),
        ("HTTP/1.1 404 No\r\nContent-Length: 70000\r\n\r\n{70000x}", tooLong),
    ]

    @Test func `does not believe every answer`() async throws {
        let peer = try WebSocketPeer()
        for (answer, words) in Self.unbelievable {
            #expect(try await failure(of: answer, from: peer) == .unusable(words), "\(answer)")
        }
    }

    @Test func `gives another answer whole`() async throws {
        let peer = try WebSocketPeer()
        let early = "HTTP/1.1 103 Early Hints\r\nX-B: c\r\n\r\n"
        for (answer, mode) in [
            ("HTTP/1.1 404 Not Found\r\nX-A:  b \r\nContent-Length: 4\r\n\r\nbody", "answer"),
            (
                "HTTP/1.1 404\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n",
                "answer"
            ),
            ("HTTP/1.1 404 Not Found\r\nX-A: b\r\n\r\nbody", "last"),
            ("\(early)HTTP/1.1 404 No\r\nX-A: b\r\nContent-Length: 4\r\n\r\nbody", "answer"),
        ] {
            guard case .refused(let response) = try await failure(of: answer, from: peer, mode: mode) else {
                throw Unexpected(failure: nil)
            }
            #expect(response.status == .notFound)
            #expect(response.fields.values(of: "X-A") == ["b"], "\(answer)")
            #expect(response.fields["X-B"] == nil)
            #expect(response.body == Array("body".utf8), "\(answer)")
        }
    }

    @Test func `reads no chunk again when an answer drips`() async throws {
        let head = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
        // Reading all of it with each byte would take longer than the time to open.
        let failure = try await failure(of: "\(head){10000c}0\r\n\r\n", from: try WebSocketPeer(), mode: "drip")
        guard case .refused(let response) = failure else { throw Unexpected(failure: failure) }
        #expect(response.body == Array(repeating: UInt8(ascii: "x"), count: 10_000))
    }

    @Test func `reads no more than eight interim answers`() async throws {
        let peer = try WebSocketPeer()
        let interim = "HTTP/1.1 102 Processing\r\n\r\n"
        let last = "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nbody"
        let eight = try await failure(of: String(repeating: interim, count: 8) + last, from: peer)
        guard case .refused(let response) = eight else { throw Unexpected(failure: eight) }
        #expect(response.body == Array("body".utf8))
        let nine = try await failure(of: String(repeating: interim, count: 9) + last, from: peer)
        #expect(nine == .unusable("it sends interim answers only"))
    }

    @Test func `says that an answer breaks off`() async throws {
        let peer = try WebSocketPeer()
        for (answer, words) in [
            ("", "it closed the connection without an answer"),
            (Self.head, "it closed the connection without an answer"),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nbo", "its answer breaks off"),
            ("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n", "its answer breaks off"),
        ] {
            #expect(try await failure(of: answer, from: peer, mode: "last") == .unusable(words), "\(answer)")
        }
    }

    @Test func `takes messages that come with the answer`() async throws {
        let answer = Self.right + "\r\n"
        let bytes = answer.utf8.map(hex).joined() + frame(1, "early") + frame(8, [])
        let outcome = try await WebSocketPeer().outcome(of: "/answer/\(bytes)", "hello")
        #expect(outcome.texts == ["early"])
        #expect(outcome.report == "text(hello) close(0:)")
    }

    @Test func `gives up when no answer comes`() async throws {
        let outcome = try await WebSocketPeer().outcome(of: "/silent") { $0.openTimeout = .seconds(5) }
        #expect(outcome.failure == .timedOut)
        // The request arrived before that: the peer saw all of it.
        #expect(outcome.report == "end")
    }

    @Test func `chooses http/1.1 over TLS`() async throws {
        let peer = try WebSocketPeer(isEncrypted: true)
        let target = try peer.target("/alpn")
        let texts = try await withStreams { streams in
            let record = try WebSocketRecord(target, over: streams)
            await record.wait(for: 1)
            record.close()
            return record.texts
        }
        #expect(texts == ["http/1.1"])
    }

    @Test func `says why there is no connection`() async throws {
        let port = try ReservedPort()
        defer { extendLifetime(port) }
        let target = try #require(WebSocketTarget(url: "ws://127.0.0.1:\(port.number)/"))
        let failure = try await withStreams { streams in
            await (try WebSocketRecord(target, over: streams)).ended()
        }
        #expect(failure == .noConnection(.cannotConnect("Connection refused")))
        let peer = try WebSocketPeer(isEncrypted: true)
        var unknown = try peer.target("/echo")
        unknown.stream.tls?.caFile = nil
        let refusal = try await withStreams { [unknown] streams in
            await (try WebSocketRecord(unknown, over: streams)).ended()
        }
        guard case .noConnection(.tls) = refusal else { throw Unexpected(failure: refusal) }
    }

    @Test(arguments: [
        "", "ftp://h/", "ws://", "ws:///x", "ws://u@h/", "ws://h:0/", "ws://h:70000/", "ws://h:a/", "ws://h/ x",
        "ws://h/\r\nX: y", "ws://h/#x", "ws://h/ü",
    ])
    func `has no target that is not a URL`(url: String) {
        #expect(WebSocketTarget(url: url) == nil)
    }

    @Test func `has no field that splits a line`() {
        #expect(WebSocketTarget(url: "ws://h/", fields: ["X": "1\r\nY: 2"]) == nil)
        #expect(WebSocketTarget(url: "ws://h/", fields: ["X:": "1"]) == nil)
    }

    @Test(arguments: [
        ("wss://api.example/v1/x?y=1", StreamTarget.Place.tcp(host: "api.example", port: 443), true),
        ("https://api.example:8443", .tcp(host: "api.example", port: 8_443), true),
        ("ws://[::1]:81/x", .tcp(host: "::1", port: 81), false), ("http://[::1]", .tcp(host: "::1", port: 80), false),
    ])
    func `finds its place in a URL`(url: String, place: StreamTarget.Place, isEncrypted: Bool) throws {
        let target = try #require(WebSocketTarget(url: url))
        #expect(target.stream.place == place)
        #expect((target.stream.tls?.offersHTTP1 == true) == isEncrypted)
    }
}

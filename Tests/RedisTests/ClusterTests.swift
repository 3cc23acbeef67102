import EventLoop
import Redis
import TestTools
import Testing

/// Two servers of which each says what a node of a cluster would. They live on the loop of the client.
private final class Nodes {
    private var first: FakeServer?
    let second: FakeServer
    private let address: RedisAddress
    /// What they have been sent, PING left out.
    private(set) var received: [String] = []

    /// - Parameters:
    ///   - first: the answer of the node in the URL to a command for a key, given the port of the other.
    ///   - second: of the other node, given the port of the first.
    init(on loop: EventLoop, _ first: @escaping (UInt16) -> String, _ second: @escaping (UInt16) -> String) throws {
        var ports: [UInt16] = [0, 0]
        var note: (String) -> Void = { _ in }
        func answer(_ text: String, of number: Int) -> String {
            var answers = ""
            for word in ["PING", "ASKING", "GET"] {
                for _ in text.ranges(of: "\r\n\(word)\r\n") {
                    if word != "PING" { note("\(number) \(word)") }
                    switch word {
                    case "PING": answers += "+PONG\r\n"
                    case "ASKING": answers += "+OK\r\n"
                    default: answers += number == 1 ? first(ports[1]) : second(ports[0])
                    }
                }
            }
            return answers
        }
        let one = try FakeServer(on: loop) { answer($0, of: 1) }
        self.first = one
        self.second = try FakeServer(on: loop) { answer($0, of: 2) }
        ports = [one.port, self.second.port]
        address = one.address
        note = { [unowned self] in received.append($0) }
    }

    /// The node of the URL is no more.
    func closeFirst() { first = nil }

    func client(on loop: EventLoop, probe: [String] = ["PING"]) throws -> (RedisClient, Changes) {
        let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
        var settings = RedisClientSettings()
        settings.deadline = .seconds(20)
        settings.connectTimeout = .seconds(20)
        settings.longestPause = .milliseconds(20)
        settings.probe = probe
        let client = try RedisClient(on: loop, address: address, settings: settings) { continuation.yield($0) }
        return (client, Changes(stream))
    }
}

@Suite(.timeLimit(.minutes(5)))
struct `In a cluster` {
    @Test(arguments: ["127.0.0.1", "", "?"])
    func `a command follows its key, and those that come later go there at once`(host: String) async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { "-MOVED 1 \(host):\($0)\r\n" }, { _ in ":7\r\n" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            for _ in 0..<3 { #expect(await client.result("GET", "x") == .success(.integer(7))) }
            #expect(nodes.received == ["1 GET", "2 GET", "2 GET", "2 GET"])
        }
    }

    @Test func `all that is under way on the old node is answered by the new one`() async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { "-MOVED 1 127.0.0.1:\($0)\r\n" }, { _ in ":7\r\n" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            let tasks = (0..<200).map { number in
                Task.immediate(executorPreference: loop) { await client.result("GET", "\(number)") }
            }
            client.post(["GET", "posted"])
            for task in tasks { #expect(await task.value == .success(.integer(7))) }
            _ = await client.result("GET", "last")
            #expect(nodes.received.count { $0 == "1 GET" } == 201)
            #expect(nodes.received.count { $0 == "2 GET" } == 202)
        }
    }

    @Test func `the greeting finds the node before any command`() async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { "-MOVED 1 127.0.0.1:\($0)\r\n" }, { _ in "$-1\r\n" })
            let (client, changes) = try nodes.client(on: loop, probe: ["GET", "{x}"])
            defer { client.close() }
            #expect(await changes.next { _ in true } == .back)
            #expect(await client.result("GET", "x") == .success(.null))
            #expect(nodes.received == ["1 GET", "2 GET", "2 GET"])
        }
    }

    @Test func `a key on its way is asked for where it goes, that one time`() async throws {
        try await onLoop { loop in
            var hasAsked = false
            let nodes = try Nodes(
                on: loop,
                { port in
                    defer { hasAsked = true }
                    return hasAsked ? ":1\r\n" : "-ASK 1 127.0.0.1:\(port)\r\n"
                }, { _ in ":2\r\n" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x") == .success(.integer(2)))
            #expect(await client.result("GET", "x") == .success(.integer(1)))
            #expect(nodes.received == ["1 GET", "2 ASKING", "2 GET", "1 GET"])
        }
    }

    @Test func `nodes that send each other's keys away do not do so for ever`() async throws {
        try await onLoop { loop in
            let nodes = try Nodes(
                on: loop, { "-MOVED 1 127.0.0.1:\($0)\r\n" }, { "-MOVED 1 127.0.0.1:\($0)\r\n" })
            let (client, changes) = try nodes.client(on: loop)
            await changes.back()
            guard case .success(let reply) = await client.result("GET", "x") else { throw Unexpected(reply: .null) }
            #expect(reply.isError("MOVED"))
            client.close()
            let (other, otherChanges) = try nodes.client(on: loop, probe: ["GET", "x"])
            defer { other.close() }
            #expect(await otherChanges.away()?.hasPrefix("GET is refused: MOVED 1 127.0.0.1:") == true)
        }
    }

    @Test(arguments: ["MOVED", "MOVED 1", "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:x", "MOVED 1 h:1 x", "TRYAGAIN x"])
    func `an answer that names no node is an error like any other`(error: String) async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { _ in "-\(error)\r\n" }, { _ in "" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x") == .success(.error(error)))
        }
    }

    @Test(arguments: [("u@h/x:1", "CURLOPT_URL: not the name of a host"), ("127.0.0.1:1", "Connection refused")])
    func `a node that cannot be reached is the reason why there is no Redis`(
        node: String, words: String
    ) async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { _ in "-MOVED 1 \(node)\r\n" }, { _ in "" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x").failure == .away(words))
            #expect(await changes.away() == words)
        }
    }

    @Test func `the node that had the keys is found again when that of the URL is gone`() async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { "-MOVED 1 127.0.0.1:\($0)\r\n" }, { _ in ":7\r\n" })
            let (client, changes) = try nodes.client(on: loop, probe: ["GET", "x"])
            defer { client.close() }
            await changes.back()
            nodes.closeFirst()
            nodes.second.say(nil)
            await changes.back()
            #expect(await client.result("GET", "x") == .success(.integer(7)))
        }
    }

    @Test func `a cluster that is down is away, and not asked for each request`() async throws {
        try await onLoop { loop in
            let nodes = try Nodes(on: loop, { _ in "-CLUSTERDOWN The cluster is down\r\n" }, { _ in "" })
            let (client, changes) = try nodes.client(on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x") == .success(.error("CLUSTERDOWN The cluster is down")))
            #expect(await changes.away() == "CLUSTERDOWN The cluster is down")
        }
    }
}

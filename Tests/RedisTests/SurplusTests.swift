import EventLoop
import Redis
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `A server that says more than it was asked` {
    @Test(
        arguments: [
            ":1\r\n:1\r\n", ":1\r\n:1\r\n:1\r\n", "-NOSCRIPT x\r\n+OK\r\n", "-LOADING x\r\n+OK\r\n",
            "$1\r\nx\r\n$1\r\nx",
            "*2\r\n:1\r\n:2\r\n*2\r\n", ":1\r\n\r\n", ":1\r\n:",
        ])
    func `in one piece is left, and its answer is not believed`(answer: String) async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { $0.contains("PING") ? "+PONG\r\n" : answer }
            let (client, changes) = try patientClient(of: server, on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x").failure == .broken("it sent more answers than commands"))
            #expect(await changes.away() == "it sent more answers than commands")
            await changes.back()
        }
    }

    @Test func `with its greeting is not taken for ready`() async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { _ in "+PONG\r\n+OK\r\n" }
            let (client, changes) = try patientClient(of: server, on: loop)
            defer { client.close() }
            #expect(await changes.next { _ in true } == .away("it sent more answers than commands"))
        }
    }

    @Test func `after the last of many answers fails only that one`() async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { words in
                if words.contains("PING") { return "+PONG\r\n" }
                return words.contains("last") ? ":1\r\n:2\r\n:3\r\n:4\r\n" : ""
            }
            let (client, changes) = try patientClient(of: server, on: loop)
            defer { client.close() }
            await changes.back()
            let tasks = ["first", "second", "last"].map { key in
                Task.immediate(executorPreference: loop) { await client.result("GET", key) }
            }
            var results: [Result<RedisReply, RedisFailure>] = []
            for task in tasks { results.append(await task.value) }
            #expect(
                results == [
                    .success(.integer(1)), .success(.integer(2)),
                    .failure(.broken("it sent more answers than commands")),
                ])
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct `A giant reply` {
    @Test(
        arguments: [
            "$2000000000\r\n" + String(repeating: "x", count: 300_000),
            "*300000\r\n" + String(repeating: ":1\r\n", count: 80_000),
            "+" + String(repeating: "x", count: 300_000),
        ])
    func `ends the connection before it is complete`(answer: String) async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { $0.contains("PING") ? "+PONG\r\n" : answer }
            let (client, changes) = try patientClient(of: server, on: loop)
            defer { client.close() }
            await changes.back()
            #expect(await client.result("GET", "x").failure == .broken("its reply is too large"))
            #expect(await changes.away() == "its reply is too large")
        }
    }

    @Test(.eachTransport) func `is none as long as it has fewer bytes than allowed`() async throws {
        let server = try RedisServer()
        try await withClient(server.address) { client, _ in
            for _ in 1...20 {
                let reply = try await client.send(["EVAL", "return string.rep('x', 250000)", "0"])
                #expect(reply == .bytes(Array(repeating: UInt8(ascii: "x"), count: 250_000)))
            }
        }
    }
}

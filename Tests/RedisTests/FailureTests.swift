import EventLoop
import Glibc
import Redis
import TestTools
import Testing

@Suite(.timeLimit(.minutes(5)), .eachTransport)
struct FailureTests {
    @Test func `a command is given up at its deadline, and its reply meets no other`() async throws {
        let server = try RedisServer()
        try await withClient(server.address, { $0.deadline = .milliseconds(100) }) { client, changes in
            await changes.back()
            server.signal(SIGSTOP)
            let began = ContinuousClock.now
            #expect(await client.result("ECHO", "first").failure == .timedOut)
            #expect(ContinuousClock.now - began >= .milliseconds(100))
            server.signal(SIGCONT)
            // It may time out once more, on a busy machine; what comes is its own reply.
            while true {
                let result = await client.result("ECHO", "second")
                if result.failure == .timedOut { continue }
                #expect(result == .success(.bytes(Array("second".utf8))))
                break
            }
        }
    }

    @Test func `a loop that is late itself does not give up on replies that have come`() async throws {
        let server = try RedisServer()
        try await withClient(server.address, { $0.deadline = .milliseconds(50) }) { client, changes in
            await changes.back()
            // As many as a unix socket takes at once while its reader is busy; the loop sends no more while it is late.
            let tasks = (0..<100).map { number in
                Task.immediate(executorPreference: client.loop) { await client.result("ECHO", "\(number)") }
            }
            let deadline = ContinuousClock.now + .milliseconds(50)
            while ContinuousClock.now < deadline {}
            // Redis writes the replies of one turn in no certain order: behind the second of these, all that came before
            // have been written.
            try server.ping()
            try server.ping()
            for (number, task) in tasks.enumerated() {
                #expect(await task.value == .success(.bytes(Array("\(number)".utf8))))
            }
        }
    }

    @Test func `a server that no longer answers is given up, and then no command waits for it`() async throws {
        let server = try RedisServer()
        let change: @Sendable (inout RedisClientSettings) -> Void = {
            $0.deadline = .milliseconds(20)
            $0.silenceTimeout = .milliseconds(50)
        }
        try await withClient(server.address, change) { client, changes in
            await changes.back()
            server.signal(SIGSTOP)
            #expect(await client.result("PING").failure == .timedOut)
            #expect(await changes.away() == "it does not answer any more")
            #expect(await client.result("PING").failure == .away("it does not answer any more"))
            server.signal(SIGCONT)
            await changes.back()
        }
    }

    @Test func `after a late reply it is back once replies are in time again, without another command`() async throws {
        try await onLoop { loop in
            var settings = RedisClientSettings()
            (settings.connectTimeout, settings.silenceTimeout) = (.seconds(20), .seconds(20))
            let deadline = settings.deadline
            var (isSilent, isLoopLate, pieces) = (false, false, 0)
            let server = try FakeServer(on: loop) { _ in
                pieces += 1
                let end = ContinuousClock.now + deadline * 2
                while isLoopLate, ContinuousClock.now < end {}
                return isSilent ? "" : "+PONG\r\n"
            }
            let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
            let client = try RedisClient(on: loop, address: server.address, settings: settings) {
                continuation.yield($0)
            }
            defer { client.close() }
            let changes = Changes(stream)
            await changes.back()
            isSilent = true
            #expect(await client.result("PING").failure == .timedOut)
            // The late reply is followed by a probe, whose reply is late as well.
            let (began, before) = (ContinuousClock.now, pieces)
            server.say("+PONG\r\n")
            while pieces == before { await loop.sleep(for: .milliseconds(1)) }
            let sent = pieces
            // The timer of the probe is due before this one.
            await loop.sleep(for: deadline * 2)
            // The reply to the next probe has come when the loop, which is late itself, finds that the deadline is over.
            (isSilent, isLoopLate) = (false, true)
            server.say("+PONG\r\n")
            await changes.back()
            #expect(ContinuousClock.now - began >= deadline * 2)
            #expect(pieces == sent + 1)
        }
    }

    @Test func `where nothing listens, every command fails at once`() async throws {
        let port = try ReservedPort()
        defer { extendLifetime(port) }
        try await withClient(RedisAddress(.tcp(host: "127.0.0.1", port: port.number))) { client, changes in
            let failures = [await client.result("PING").failure, await client.result("PING").failure]
            #expect(failures == [.away("Connection refused"), .away("Connection refused")])
            #expect(await changes.away() == "Connection refused")
        }
        try await withClient(RedisAddress(.unix(path: "/nowhere/redis.sock"))) { client, _ in
            #expect(await client.result("PING").failure == .away("No such file or directory"))
        }
    }

    @Test func `a server that accepts and says nothing is not waited for`() async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { _ in "" }
            var settings = RedisClientSettings()
            settings.deadline = .milliseconds(20)
            settings.connectTimeout = .milliseconds(100)
            let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
            let client = try RedisClient(on: loop, address: server.address, settings: settings) {
                continuation.yield($0)
            }
            defer { client.close() }
            #expect(await client.result("PING").failure == .timedOut)
            #expect(await Changes(stream).away() == "it does not answer")
            #expect(await client.result("PING").failure == .away("it does not answer"))
        }
    }

    @Test func `a killed server is noticed, and its successor is found`() async throws {
        let server = try RedisServer()
        try await withClient(server.address, { $0.longestPause = .milliseconds(20) }) { client, changes in
            for _ in 1...3 {
                await changes.back()
                let blocked = Task(executorPreference: client.loop) { await client.result("BLPOP", "nothing", "0") }
                #expect(await client.result("CLIENT", "ID").failure == nil)
                server.kill()
                guard case .broken = await blocked.value.failure else { throw Unexpected(reply: .null) }
                #expect(await changes.away() != nil)
                guard case .away = await client.result("PING").failure else { throw Unexpected(reply: .null) }
                try server.start()
            }
            await changes.back()
            #expect(await client.result("PING") == .success(.status("PONG")))
        }
    }

    @Test(
        arguments: [
            ("+PONG\r\n", "+more\r\n", "it sent more answers than commands"),
            ("+PONG\r\n", nil, "Server closed the connection"),
            ("+PONG\r\n-ERR max number of clients reached\r\n", nil, "ERR max number of clients reached"),
            ("SSH-2.0-OpenSSH_9.2\r\n", nil, "Protocol error, got \"S\" as reply type byte"),
            ("-LOADING Redis is loading the dataset in memory\r\n", nil, "PING is refused: LOADING"),
        ] as [(String, String?, String)])
    func `whatever a server sends, the connection ends and the process does not`(
        greeting: String, later: String?, words: String
    ) async throws {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { _ in greeting }
            let (client, changes) = try patientClient(of: server, on: loop)
            defer { client.close() }
            if greeting == "+PONG\r\n" {
                await changes.back()
                server.say(later)
            }
            let reason = await changes.away() ?? ""
            #expect(reason.hasPrefix(words), "\(reason)")
        }
    }

    @Test func `of a server with a new reason at each attempt, eight are reported`() async throws {
        try await onLoop { loop in
            var attempts = 0
            let server = try FakeServer(on: loop) { _ in
                attempts += 1
                return attempts <= 30 ? "-ERR reason \(attempts)\r\n" : "+PONG\r\n"
            }
            let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
            var settings = RedisClientSettings()
            (settings.shortestPause, settings.longestPause) = (.milliseconds(1), .milliseconds(1))
            let client = try RedisClient(on: loop, address: server.address, settings: settings) { change in
                continuation.yield(change)
                if change == .back { continuation.finish() }
            }
            defer { client.close() }
            var reported: [RedisClient.Change] = []
            for await change in stream { reported.append(change) }
            #expect(reported.count == RedisClient.maxReportedReasons + 1 && reported.last == .back, "\(reported)")
            #expect(attempts == 31)
        }
    }

    @Test(arguments: ["READONLY You can't write against a read only replica.", "NOAUTH Authentication required."])
    func `an error that will last ends the connection, so that another server may be found`(error: String) async throws
    {
        try await onLoop { loop in
            let server = try FakeServer(on: loop) { $0.contains("PING") ? "+PONG\r\n" : "-\(error)\r\n" }
            let (stream, continuation) = AsyncStream<RedisClient.Change>.makeStream()
            var settings = RedisClientSettings()
            (settings.deadline, settings.connectTimeout) = (.seconds(10), .seconds(10))
            let client = try RedisClient(on: loop, address: server.address, settings: settings) {
                continuation.yield($0)
            }
            defer { client.close() }
            #expect(await client.result("INCR", "number") == .success(.error(error)))
            #expect(await Changes(stream).away() == error)
        }
    }

    @Test func `no more commands than allowed wait for their replies`() async throws {
        let server = try RedisServer()
        try await withClient(server.address, { $0.maxUnanswered = 10 }) { client, changes in
            await changes.back()
            let blocked = Task(executorPreference: client.loop) { await client.result("BLPOP", "nothing", "0.2") }
            let others = (0..<20).map { _ in
                Task(executorPreference: client.loop) { await client.result("PING") }
            }
            #expect(await blocked.value == .success(.null))
            var failures: [RedisFailure?] = []
            for task in others { failures.append(await task.value.failure) }
            #expect(failures.filter { $0 == nil }.count == 9)
            #expect(failures.filter { $0 == .tooManyWaiting }.count == 11)
            #expect(await client.result("PING").failure == nil)
        }
    }
}

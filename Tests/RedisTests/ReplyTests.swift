import Redis
import Testing

@Suite(.timeLimit(.minutes(5)), .eachTransport)
struct ReplyTests {
    @Test func `every kind of reply is understood`() async throws {
        let server = try RedisServer()
        let binary = #"return "\0\r\n\255""#
        let table: [([String], RedisReply)] = [
            (["PING"], .status("PONG")),
            (["ECHO", ""], .bytes([])),
            (["EVAL", binary, "0"], .bytes([0, 13, 10, 255])),
            (["GET", "nothing"], .null),
            (["INCRBY", "number", "-9223372036854775808"], .integer(.min)),
            (["EVAL", "return {}", "0"], .array([])),
            (
                ["EVAL", "return {1, 'two', {3, redis.status_reply('four')}, false}", "0"],
                .array([
                    .integer(1), .bytes(Array("two".utf8)), .array([.integer(3), .status("four")]), .null,
                ])
            ),
            (["BLPOP", "nothing", "0.001"], .null),
            (["SET", "word", "käse\r\n"], .status("OK")),
            (["GET", "word"], .bytes(Array("käse\r\n".utf8))),
        ]
        try await withClient(server.address) { client, _ in
            for (command, reply) in table { #expect(try await client.send(command) == reply, "\(command)") }
            let error = try await client.send(["NONSENSE"])
            #expect(error.isError("ERR"))
            #expect(try await client.send(["PING"]) == .status("PONG"))
        }
    }

    @Test(
        arguments: [
            (RedisReply.array([.integer(1), .integer(-2)]), [1, -2]), (.array([]), []),
            (.array([.integer(1), .null]), nil),
            (.integer(1), nil), (.error("ERR"), nil),
        ] as [(RedisReply, [Int64]?)])
    func `an array of integers is distinguished from everything else`(reply: RedisReply, integers: [Int64]?) {
        #expect(reply.integers == integers)
    }

    @Test func `a large reply arrives whole`() async throws {
        let server = try RedisServer()
        let reply = try await withClient(server.address, { $0.maxReplyBytes = 4_000_000 }) { client, _ in
            try await client.send(["EVAL", "return string.rep('x', 3000000)", "0"])
        }
        #expect(reply == .bytes(Array(repeating: UInt8(ascii: "x"), count: 3_000_000)))
    }

    @Test func `a large command arrives whole`() async throws {
        let server = try RedisServer()
        let reply = try await withClient(server.address) { client, _ in
            try await client.send(["EVAL", "return #ARGV[1]", "0", String(repeating: "x", count: 3_000_000)])
        }
        #expect(reply == .integer(3_000_000))
    }

    @Test func `many commands at once each get their own reply`() async throws {
        let server = try RedisServer()
        let replies = try await withClient(server.address) { client, _ in
            let tasks = (0..<3_000).map { number in
                Task(executorPreference: client.loop) { try await client.send(["ECHO", "\(number)"]) }
            }
            var replies: [RedisReply] = []
            for task in tasks { replies.append(try await task.value) }
            return replies
        }
        #expect(replies == (0..<3_000).map { .bytes(Array("\($0)".utf8)) })
    }

    @Test func `a command without a waiting caller is carried out`() async throws {
        let server = try RedisServer()
        let reply = try await withClient(server.address) { client, changes in
            await changes.back()
            client.post(["INCR", "number"])
            client.post(["NONSENSE"])
            return try await client.send(["INCR", "number"])
        }
        #expect(reply == .integer(2))
    }

    @Test func `a script that the server does not know is sent to it`() async throws {
        let server = try RedisServer()
        let script = "return {#KEYS, tonumber(ARGV[1])}"
        try await withClient(server.address) { client, _ in
            let sha1 = try await client.send(["SCRIPT", "LOAD", script])
            guard case .bytes(let digits) = sha1 else { throw Unexpected(reply: sha1) }
            let known = String(decoding: digits, as: UTF8.self)
            for sha1 in ["d34a1b21f4ea1cb5a1d0fad8c6f7b3ed7b8f4d55", known] {
                let reply = try await client.evaluate(script, sha1: sha1, keys: ["a", "b"], arguments: ["7"])
                #expect(reply.integers == [2, 7])
            }
            _ = try await client.send(["SCRIPT", "FLUSH"])
            #expect(try await client.evaluate(script, sha1: known, keys: [], arguments: ["8"]).integers == [0, 8])
            #expect(try await client.evaluate(script, sha1: known, keys: [], arguments: ["9"]).integers == [0, 9])
            let calls = try await client.send(["INFO", "commandstats"])
            guard case .bytes(let text) = calls else { throw Unexpected(reply: calls) }
            #expect(String(decoding: text, as: UTF8.self).contains("cmdstat_eval:calls=2,"))
        }
    }
}

/// Another reply than the test is about.
struct Unexpected: Error {
    let reply: RedisReply
}
